package io.drkit.core.run;

import io.drkit.core.DrException;
import io.drkit.core.Problem;
import io.drkit.core.journal.CorruptJournalException;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.JournalCheck;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.report.HtmlReport;
import io.drkit.core.report.JsonReport;
import io.drkit.core.report.RunReport;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The verify command: checks the journals in a folder, and makes their reports again.
 *
 * <pre>
 * java -cp … io.drkit.core.run.VerifyJournal /var/lib/shop/dr [--report /tmp/reports]
 * </pre>
 *
 * <p>It prints a line for each run and each damage, and changes no journal. With {@code --report} it also writes each run that has
 * ended or paused as {@code PLAN-RUN.json} and {@code PLAN-RUN.html}, the same to the byte as the run's own. The process ends with
 * status 0 when everything is intact, and with another one when it is not, or when there was nothing to check.
 */
public final class VerifyJournal {
    /** Everything is intact. */
    public static final int INTACT = 0;

    /** Something is damaged; what, was printed. */
    public static final int DAMAGED = 1;

    /** Nothing was checked: the arguments are wrong, the folder cannot be read, or there is no run in it. */
    public static final int NOT_CHECKED = 2;

    private VerifyJournal() {}

    /**
     * The command itself. It does not end the process by itself, which need not be its own: it returns where everything is intact, and
     * throws where it is not.
     */
    public static void main(String[] args) {
        int status = run(args, System.out);
        if (status != INTACT) {
            CorruptJournalException failure = new CorruptJournalException(
                    status == DAMAGED ? "journal.corrupt" : "journal.not-checked",
                    Problem.expected("intact journals")
                            .found(status == DAMAGED ? "the damages above" : "none that could be checked")
                            .remedy("look at what was printed"),
                    null);
            failure.setStackTrace(new StackTraceElement[0]);
            throw failure;
        }
    }

    /** As the command, for a program of one's own: answers {@link #INTACT}, {@link #DAMAGED} or {@link #NOT_CHECKED}. */
    public static int run(String[] args, PrintStream out) {
        boolean reports = args.length == 3 && args[1].equals("--report");
        if (args.length != 1 && !reports) {
            out.println("usage: VerifyJournal FOLDER [--report FOLDER]");
            return NOT_CHECKED;
        }
        Path folder = Path.of(args[0]);
        if (!Files.isDirectory(folder)) {
            out.println("no such folder: " + folder);
            return NOT_CHECKED;
        }
        return run(new FileJournalStore(folder), reports ? Optional.of(Path.of(args[2])) : Optional.empty(), out);
    }

    /**
     * As the command, for journals that do not lie in a folder.
     *
     * @param reports where to write the reports; empty for none
     */
    public static int run(JournalStore journals, Optional<Path> reports, PrintStream out) {
        try {
            JournalCheck check = JournalCheck.of(journals);
            check.printTo(out);
            if (check.runs().isEmpty() && check.damages().isEmpty()) {
                out.println("not checked: there is no journal here");
                return NOT_CHECKED;
            }
            boolean intact = check.intact();
            if (reports.isPresent()) {
                for (JournalCheck.Run run : check.runs()) {
                    intact &= write(run, reports.get(), out);
                }
            }
            return intact ? INTACT : DAMAGED;
        } catch (IOException | DrException e) {
            out.println("not checked: " + e.getMessage());
            return NOT_CHECKED;
        }
    }

    private static boolean write(JournalCheck.Run run, Path folder, PrintStream out) throws IOException {
        try {
            Optional<RunReport> report = RunReports.of(run.entries());
            if (report.isPresent()) {
                Files.createDirectories(folder);
                String name = (report.get().plan() + "-" + report.get().runId()).replaceAll("[^\\p{L}\\p{N}_.-]", "_");
                JsonReport.write(report.get(), folder.resolve(name + ".json"));
                HtmlReport.write(report.get(), folder.resolve(name + ".html"));
            }
            return true;
        } catch (CorruptJournalException e) {
            out.println("no report: " + e.getMessage());
            return false;
        }
    }
}
