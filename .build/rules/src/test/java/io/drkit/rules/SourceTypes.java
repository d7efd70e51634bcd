package io.drkit.rules;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.ParameterizedTypeTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * The types that sources declare, those without a name too, and what they say of themselves. Nothing is resolved: a supertype is the
 * last word of its name, as it stands there.
 */
final class SourceTypes {
    /**
     * A type.
     *
     * @param id package, outer types and name; one without a name is called after what it implements, as in
     *     {@code io.drkit.testkit.Outer.anonymous Fence}
     * @param name the last word of its name
     * @param supers what it extends and implements, each the last word of its name
     * @param open whether it is seen from everywhere: public, in public surroundings
     * @param kind what it is
     * @param complete whether objects of it can be made
     * @param sealed whether it names who may extend it
     * @param names the words of {@code body} that name something
     */
    record Type(
            String id,
            String name,
            Set<String> supers,
            boolean open,
            Tree.Kind kind,
            boolean complete,
            boolean sealed,
            Set<String> names) {
        String packageName() {
            return id.substring(0, id.length() - withinPackage().length());
        }

        /** With the types around it: {@code Check.Look}. */
        String withinPackage() {
            return id.replaceFirst("^[a-z0-9.]*", "");
        }
    }

    private static final JavaCompiler JAVAC = ToolProvider.getSystemJavaCompiler();

    private final Map<String, Type> types = new TreeMap<>();
    private final Map<String, List<Type>> byName = new HashMap<>();

    private SourceTypes() {}

    /** Of every Java source below these directories that is no {@code package-info}; directories that do not exist have none. */
    static SourceTypes below(List<Path> directories) throws IOException {
        List<Path> sources = new ArrayList<>();
        for (Path directory : directories) {
            if (Files.isDirectory(directory)) {
                try (Stream<Path> files = Files.walk(directory)) {
                    files.filter(file -> file.toString().endsWith(".java"))
                            .filter(file -> !file.endsWith("package-info.java"))
                            .sorted()
                            .forEach(sources::add);
                }
            }
        }
        SourceTypes all = new SourceTypes();
        try (StandardJavaFileManager files = JAVAC.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            JavacTask task = (JavacTask) JAVAC.getTask(
                    null, files, null, List.of("-proc:none"), null, files.getJavaFileObjectsFromPaths(sources));
            for (CompilationUnitTree unit : task.parse()) {
                all.new Reader(String.valueOf(unit.getPackageName())).scan(unit, null);
            }
        }
        return all;
    }

    List<Type> all() {
        return List.copyOf(types.values());
    }

    @Nullable
    Type find(String id) {
        return types.get(id);
    }

    /**
     * What a type extends and implements, and what that does, and so on, as far as it is found in {@code elsewhere} or here. Of
     * several of one name those of the same package are meant.
     */
    Set<String> ancestors(Type type, SourceTypes elsewhere) {
        Set<String> found = new HashSet<>();
        Deque<Type> open = new ArrayDeque<>(List.of(type));
        while (!open.isEmpty()) {
            Type next = open.pop();
            for (String above : next.supers()) {
                if (found.add(above)) {
                    List<Type> named = Stream.of(this, elsewhere)
                            .flatMap(source -> source.byName.getOrDefault(above, List.of()).stream())
                            .toList();
                    List<Type> near = named.stream()
                            .filter(other -> other.packageName().equals(next.packageName()))
                            .toList();
                    open.addAll(near.isEmpty() ? named : near);
                }
            }
        }
        return found;
    }

    private final class Reader extends TreeScanner<@Nullable Void, @Nullable Void> {
        private final Deque<String> outer = new ArrayDeque<>();
        private final Deque<Boolean> surroundings = new ArrayDeque<>();
        private final Deque<Boolean> inInterface = new ArrayDeque<>();
        private final Deque<Set<String>> words = new ArrayDeque<>();
        private @Nullable String anonymous;

        Reader(String packageName) {
            outer.push(packageName);
            surroundings.push(true);
            inInterface.push(false);
        }

        @Override
        public @Nullable Void visitNewClass(NewClassTree tree, @Nullable Void none) {
            if (tree.getClassBody() != null) {
                anonymous = lastWord(tree.getIdentifier());
            }
            return super.visitNewClass(tree, none);
        }

        @Override
        public @Nullable Void visitClass(ClassTree tree, @Nullable Void nothing) {
            String name = tree.getSimpleName().toString();
            Set<String> supers = new HashSet<>();
            if (name.isEmpty()) {
                String implemented = anonymous == null ? "enum constant" : anonymous;
                name = "anonymous " + implemented;
                supers.add(implemented);
                anonymous = null;
            }
            if (tree.getExtendsClause() != null) {
                supers.add(lastWord(tree.getExtendsClause()));
            }
            tree.getImplementsClause().forEach(implemented -> supers.add(lastWord(implemented)));
            Set<Modifier> modifiers = tree.getModifiers().getFlags();
            boolean isInterface = tree.getKind() == Tree.Kind.INTERFACE;
            boolean open = surroundings.element() && (modifiers.contains(Modifier.PUBLIC) || inInterface.element());
            boolean complete = tree.getKind() != Tree.Kind.ANNOTATION_TYPE
                    && !isInterface
                    && !modifiers.contains(Modifier.ABSTRACT);
            String id = outer.element() + "." + name;
            while (types.containsKey(id)) {
                id += "'";
            }
            Set<String> names = new HashSet<>();
            Type type = new Type(
                    id, name, supers, open, tree.getKind(), complete, modifiers.contains(Modifier.SEALED), names);
            types.put(id, type);
            byName.computeIfAbsent(name, none -> new ArrayList<>()).add(type);
            outer.push(id);
            surroundings.push(open);
            inInterface.push(isInterface);
            words.push(names);
            super.visitClass(tree, nothing);
            words.pop();
            inInterface.pop();
            surroundings.pop();
            outer.pop();
            return null;
        }

        @Override
        public @Nullable Void visitMemberSelect(MemberSelectTree tree, @Nullable Void none) {
            if (!words.isEmpty()) {
                words.element().add(tree.toString());
            }
            return super.visitMemberSelect(tree, none);
        }

        private String lastWord(Tree type) {
            if (type instanceof ParameterizedTypeTree parameterized) {
                return lastWord(parameterized.getType());
            } else if (type instanceof MemberSelectTree selected) {
                return selected.getIdentifier().toString();
            } else if (type instanceof IdentifierTree identifier) {
                return identifier.getName().toString();
            }
            return type.toString().replaceAll("@\\w+\\s*", "");
        }
    }
}
