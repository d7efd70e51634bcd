package io.drkit.rules;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.onlyDependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The arrows of docs/architecture.md: adapters → core ← testkit. Each rule is checked on the classes of every module at once;
 * one that finds no class to check fails (that is ArchUnit's default, and the first test here holds it to that for each module).
 */
class ArchitectureTest {
    @ParameterizedTest
    @EnumSource
    void modules_onTheClassPath_areAllThereAndKeepToTheirOwnPackages(Modules module) {
        assertThat(module.packageNames())
                .as("packages of %s on the class path; none means that nothing below was checked", module.directory())
                .isNotEmpty()
                .allMatch(
                        name -> resideInPackage(name, module.packages()),
                        "in " + module.packages() + ", because two modules may not share a package");
    }

    @ParameterizedTest
    @EnumSource
    void module_dependencies_followTheArrows(Modules module) {
        check(
                classes()
                        .that(describe("are in " + module.directory(), module::holds))
                        .should(onlyDependOnClassesThat(outsideOfModulesOr(module.mayUse())))
                        .because(
                                "adapters use core and their own SDK, the testkit uses core and test libraries, core uses nobody"));
    }

    @ParameterizedTest
    @EnumSource
    void module_internals_areUsedByItselfAlone(Modules module) {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(module.packages())
                .should()
                .dependOnClassesThat()
                .resideInAPackage(module.internals())
                .because("what is internal changes without notice"));
    }

    @ParameterizedTest
    @EnumSource
    void module_publicSignatures_showNoThirdPartyTypes(Modules module) {
        check(classes()
                .that(describe("are public in " + module.directory(), c -> module.holds(c) && isPublic(c)))
                .should(showOnly(resideInAnyPackage(module.mayShow())))
                .because("whoever uses " + module.directory() + " should not meet its libraries (an adapter, or"
                        + " a simulator, may show its SDK's client; reactive types never leave dr-azure)")
                .allowEmptyShould(module == Modules.AZURE));
    }

    @Test
    void zooKeeper_isUsedByItsOwnPackageAlone() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("io.drkit.core.lease.zookeeper..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.curator..", "org.apache.zookeeper..")
                .because("its client is an optional dependency: whoever does without it meets no class of it"));
    }

    @Test
    void micrometer_isUsedByItsOwnPackageAlone() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("io.drkit.core.metrics..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.micrometer..")
                .because("it is an optional dependency: whoever does without it meets no class of it"));
    }

    @Test
    void packages_ofAModule_haveNoCycles() {
        check(slices().assignedFrom(new SliceAssignment() {
                    @Override
                    public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
                        return SliceIdentifier.of(javaClass.getPackageName());
                    }

                    @Override
                    public String getDescription() {
                        return "each package";
                    }
                })
                .should()
                .beFreeOfCycles()
                .because("packages that need each other cannot be read one after the other"));
    }

    @Test
    void packages_ofEveryModule_areNullMarked() {
        check(classes()
                .should(new ArchCondition<>("be in a package whose package-info.java says @NullMarked") {
                    @Override
                    public void check(JavaClass javaClass, ConditionEvents events) {
                        boolean marked = javaClass.getPackage().isAnnotatedWith(NullMarked.class);
                        events.add(new SimpleConditionEvent(
                                javaClass, marked, javaClass.getPackageName() + " is not @NullMarked"));
                    }
                })
                .because("NullAway looks at marked packages only"));
    }

    /** An {@code Error} is left to the testkit, which plays crashes that no code may catch. */
    @Test
    void exceptions_ofEveryModule_haveOneRoot() {
        check(classes()
                .that()
                .areAssignableTo(Exception.class)
                .and()
                .arePublic()
                .should()
                .beAssignableTo("io.drkit.core.DrException")
                .because("whoever embeds the library catches one type"));
    }

    private static void check(ArchRule rule) {
        rule.check(Modules.all());
    }

    /** Arrays and primitives have no package of their own, and what is not on this class path was seen by the compiler. */
    private static DescribedPredicate<JavaClass> outsideOfModulesOr(String... packages) {
        DescribedPredicate<JavaClass> named = resideInAnyPackage(packages);
        return describe(
                "reside in any of " + String.join(", ", packages),
                c -> c.getBaseComponentType().isPrimitive() || named.test(c.getBaseComponentType()));
    }

    private static boolean resideInPackage(String name, String packages) {
        String root = packages.substring(0, packages.length() - 2);
        return name.equals(root) || name.startsWith(root + ".");
    }

    /** Reachable for a user: public, in public surroundings, and not internal. */
    private static boolean isPublic(JavaClass candidate) {
        return candidate.getModifiers().contains(JavaModifier.PUBLIC)
                && !candidate.getPackageName().contains(".internal")
                && candidate.getEnclosingClass().map(ArchitectureTest::isPublic).orElse(true);
    }

    private static ArchCondition<JavaClass> showOnly(DescribedPredicate<JavaClass> allowed) {
        return new ArchCondition<>("show only types that " + allowed.getDescription()) {
            @Override
            public void check(JavaClass javaClass, ConditionEvents events) {
                for (JavaField field : javaClass.getFields()) {
                    if (visible(field.getModifiers())) {
                        see(javaClass, field.getFullName(), Stream.of(field.getType()), events);
                    }
                }
                for (JavaCodeUnit unit : javaClass.getCodeUnits()) {
                    if (visible(unit.getModifiers())) {
                        Stream<JavaType> thrown =
                                unit.getExceptionTypes().stream().map(JavaType.class::cast);
                        see(
                                javaClass,
                                unit.getFullName(),
                                Stream.of(Stream.of(unit.getReturnType()), unit.getParameterTypes().stream(), thrown)
                                        .flatMap(types -> types),
                                events);
                    }
                }
            }

            private void see(JavaClass owner, String member, Stream<JavaType> types, ConditionEvents events) {
                types.map(JavaType::getAllInvolvedRawTypes)
                        .flatMap(Collection::stream)
                        .map(JavaClass::getBaseComponentType)
                        .filter(type -> !type.isPrimitive())
                        .forEach(type -> events.add(new SimpleConditionEvent(
                                owner, allowed.test(type), member + " shows " + type.getName())));
            }
        };
    }

    private static boolean visible(Set<JavaModifier> modifiers) {
        return !modifiers.contains(JavaModifier.SYNTHETIC)
                && (modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED));
    }
}
