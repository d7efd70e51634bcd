package io.drkit.core.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * The instructions for one run: a folder each, numbered from 1, with one file in it. They lie outside the generations of the
 * journal, since whoever posts one does not hold it, and may do so in the middle of a take-over.
 *
 * <p>A folder each and not a file, because renaming one onto another that is not empty fails everywhere: of two processes that
 * post at the same time one gets the number and the other the next, with no lock that a process could die with. What a crash
 * leaves half written was never renamed.
 */
record FileInstructions(Path folder) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final AtomicLong DRAFTS = new AtomicLong();
    private static final String FILE = "instruction";

    Words read() throws IOException {
        List<Instruction> instructions = new ArrayList<>();
        List<Words.Unreadable> unreadable = new ArrayList<>();
        for (long number : numbers()) {
            Path file = numbered(number).resolve(FILE);
            try {
                instructions.add(parse(Files.readString(file)));
            } catch (DateTimeParseException | IllegalArgumentException e) {
                unreadable.add(new Words.Unreadable(file.toString(), String.valueOf(e.getMessage())));
            } catch (IOException e) {
                // The folder could be listed: it is this one file. A bad byte, too, is one of these.
                unreadable.add(new Words.Unreadable(file.toString(), "that it cannot be read: " + e));
            }
        }
        return new Words(instructions, unreadable);
    }

    private List<Long> numbers() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("[1-9][0-9]{0,17}"))
                    .map(Long::valueOf)
                    .sorted()
                    .toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    void post(Instruction instruction) throws IOException {
        JournalFolder.create(folder);
        Path draft = folder.resolve("draft-" + ProcessHandle.current().pid() + "-" + DRAFTS.incrementAndGet() + "-"
                + EntryChain.hash("", instruction.id()).substring(0, 16));
        Files.createDirectories(draft);
        String json = json(instruction);
        try (RandomAccessFile file = JournalFolder.emptied(draft.resolve(FILE))) {
            file.write((EntryChain.hash("", json) + " " + json + "\n").getBytes(StandardCharsets.UTF_8));
            file.getFD().sync();
        }
        JournalFolder.force(draft);
        while (true) {
            List<Long> numbers = numbers();
            if (read().instructions().stream().anyMatch(other -> other.id().equals(instruction.id()))) {
                Files.delete(draft.resolve(FILE));
                Files.delete(draft);
                break;
            }
            Path target = numbered(numbers.isEmpty() ? 1 : numbers.get(numbers.size() - 1) + 1);
            try {
                Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
                break;
            } catch (FileSystemException e) {
                if (!Files.exists(target.resolve(FILE))) {
                    throw e;
                }
            }
        }
        JournalFolder.force(folder);
    }

    private Path numbered(long number) {
        return folder.resolve(Long.toString(number));
    }

    private static String json(Instruction instruction) throws JsonProcessingException {
        return JSON.writeValueAsString(JSON.createObjectNode()
                .put("id", instruction.id())
                .put("kind", instruction.kind().name())
                .put("subject", instruction.subject())
                .put("who", instruction.who())
                .put("role", instruction.role())
                .put("reason", instruction.reason())
                .put("at", instruction.at().toString())
                .put("run", instruction.run()));
    }

    private static Instruction parse(String text) throws JsonProcessingException {
        String line = text.strip();
        int space = line.indexOf(' ');
        String json = line.substring(space + 1);
        if (space < 0 || !line.startsWith(EntryChain.hash("", json) + " ")) {
            throw new IllegalArgumentException("a line whose checksum is not that of its content");
        }
        JsonNode node = JSON.readTree(json);
        return new Instruction(
                node.path("id").asText(),
                Instruction.Kind.valueOf(node.path("kind").asText()),
                node.path("subject").asText(),
                node.path("who").asText(),
                node.path("role").asText(),
                node.path("reason").asText(),
                Instant.parse(node.path("at").asText()),
                node.path("run").asText());
    }
}
