import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Prints every figure of a directory of evidence as one table, and marks what falls short of its aim:
 * java .ci/EvidenceTable.java target/evidence
 *
 * A file holds flat JSON objects with name, value, unit, aim, better ("lower" or "higher") and seed. One that cannot be read, or
 * lacks a name or a value, is a row of its own that says so: a figure is never dropped silently.
 */
class EvidenceTable {
    private static final Pattern OBJECT = Pattern.compile("\\{[^{}]*}");
    private static final Pattern FIELD =
            Pattern.compile("\"(\\w+)\"\\s*:\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([-+.\\w]+))");

    record Figure(String name, String value, String unit, String aim, String better, String seed) {
        String verdict() {
            if (aim.isEmpty()) {
                return "";
            }
            try {
                int comparison = new BigDecimal(value).compareTo(new BigDecimal(aim));
                return switch (better) {
                    case "lower" -> comparison <= 0 ? "met" : "SHORT";
                    case "higher" -> comparison >= 0 ? "met" : "SHORT";
                    default -> "UNREADABLE";
                };
            } catch (NumberFormatException e) {
                return "UNREADABLE";
            }
        }

        String aimed() {
            String sign = better.equals("lower") ? "<= " : better.equals("higher") ? ">= " : "";
            return aim.isEmpty() ? "" : sign + aim;
        }

        List<String> cells() {
            return List.of(name, value, unit, aimed(), seed, verdict());
        }
    }

    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[0]);
        List<Figure> figures = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
                    figures.addAll(read(file));
                }
            }
        }
        if (figures.isEmpty()) {
            System.out.println("No evidence in " + directory);
            return;
        }

        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("evidence", "value", "unit", "aim", "seed", ""));
        figures.forEach(figure -> rows.add(figure.cells()));
        int[] widths = new int[6];
        rows.forEach(row -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String cell = row.get(i);
                String padding = " ".repeat(widths[i] - cell.length());
                line.append(i == 1 ? padding + cell : cell + padding).append("  ");
            }
            System.out.println(line.toString().stripTrailing());
        }
        long shortfalls = figures.stream()
                .map(Figure::verdict)
                .filter(verdict -> verdict.equals("SHORT") || verdict.equals("UNREADABLE"))
                .count();
        System.out.println(figures.size() + " figures, " + shortfalls + " short of their aim");
    }

    private static List<Figure> read(Path file) throws IOException {
        List<Figure> figures = new ArrayList<>();
        Matcher object = OBJECT.matcher(Files.readString(file));
        while (object.find()) {
            String json = object.group();
            String name = field(json, "name");
            String value = field(json, "value");
            figures.add(new Figure(
                    name.isEmpty() ? file.getFileName().toString() : name,
                    value.isEmpty() ? "none" : value,
                    field(json, "unit"),
                    field(json, "aim").isEmpty() && value.isEmpty() ? "?" : field(json, "aim"),
                    field(json, "better"),
                    field(json, "seed")));
        }
        if (figures.isEmpty()) {
            figures.add(new Figure(file.getFileName().toString(), "none", "", "?", "", ""));
        }
        return figures;
    }

    /** The field as text; empty when it is absent or null. */
    private static String field(String json, String name) {
        Matcher field = FIELD.matcher(json);
        while (field.find()) {
            if (field.group(1).equals(name)) {
                String text = field.group(2) != null ? field.group(2) : field.group(3);
                return text.equals("null") ? "" : text;
            }
        }
        return "";
    }
}
