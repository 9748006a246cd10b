package io.ddict.bench;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between packages, which all modules keep. */
@AnalyzeClasses(packages = "io.ddict")
class ArrowsTest {
    private static final DescribedPredicate<JavaClass> OURS = resideInAPackage("io.ddict..");

    // Clients read the memory pool in place, so it may bring them nothing but the JDK and the hash.
    @ArchTest
    static final ArchRule MEMORY_POOL_NEEDS_ONLY_THE_JDK_AND_THE_HASH = noClasses().that()
            .resideInAPackage("io.ddict.store.pool..")
            .should().dependOnClassesThat(not(resideInAnyPackage("io.ddict.store.pool..", "java..",
                    "jdk..", "com.dynatrace.hash4j..", "org.jspecify.annotations..", "",
                    "org.junit..", "org.assertj..")))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule CHRONICLE_STAYS_IN_THE_TABLE = noClasses().that(OURS)
            .and(not(resideInAnyPackage("io.ddict.store.table..", "io.ddict.bench..")))
            .should().dependOnClassesThat(resideInAPackage("net.openhft.."))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule ROARING_BITMAP_STAYS_WITH_THE_OWNER = noClasses().that(OURS)
            .and(not(resideInAnyPackage("io.ddict.store", "io.ddict.store.checkpoint..",
                    "io.ddict.manager..", "io.ddict.bench..")))
            .should().dependOnClassesThat(resideInAPackage("org.roaringbitmap.."))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule AGRONA_STAYS_IN_THE_NODE_SERVICE = noClasses().that(OURS)
            .and(not(resideInAnyPackage("io.ddict.manager..", "io.ddict.bench..")))
            .should().dependOnClassesThat(resideInAPackage("org.agrona.."))
            .allowEmptyShould(true);

    // A node that keeps no log must not load it, so only one package may name it.
    @ArchTest
    static final ArchRule RATIS_STAYS_WITH_THE_LOG = noClasses().that(OURS)
            .and(not(resideInAPackage("io.ddict.manager.cluster.raft..")))
            .should().dependOnClassesThat(resideInAPackage("org.apache.ratis.."))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule THE_LOG_KNOWS_NOBODY = noClasses().that()
            .resideInAPackage("io.ddict.manager.cluster.raft..")
            .should().dependOnClassesThat(OURS.and(not(resideInAnyPackage(
                    "io.ddict.manager.cluster.raft..", "io.ddict.client.protocol"))))
            .allowEmptyShould(true);

    // Services that do not listen load nothing of it, and clients have no use for it.
    @ArchTest
    static final ArchRule NETTY_STAYS_IN_THE_GATEWAY = noClasses().that(OURS)
            .and(not(resideInAnyPackage("io.ddict.manager.gateway..", "io.ddict.bench..")))
            .should().dependOnClassesThat(resideInAPackage("io.netty.."))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule STORE_KNOWS_NOBODY = noClasses().that()
            .resideInAPackage("io.ddict.store..")
            .should().dependOnClassesThat(OURS.and(not(resideInAPackage("io.ddict.store.."))))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule CLIENT_KNOWS_ONLY_THE_MEMORY_POOL = noClasses().that()
            .resideInAPackage("io.ddict.client..")
            .should().dependOnClassesThat(OURS.and(
                    not(resideInAnyPackage("io.ddict.client..", "io.ddict.store.pool.."))))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule MANAGER_KNOWS_STORE_AND_CLIENT = noClasses().that()
            .resideInAPackage("io.ddict.manager..")
            .should().dependOnClassesThat(OURS.and(not(resideInAnyPackage("io.ddict.manager..",
                    "io.ddict.store..", "io.ddict.client.."))))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule LAUNCH_KNOWS_NO_DICTIONARY = noClasses().that()
            .resideInAPackage("io.ddict.manager.launch..")
            .should().dependOnClassesThat(OURS.and(not(resideInAnyPackage(
                    "io.ddict.manager.launch..", "io.ddict.client", "io.ddict.client.node",
                    "io.ddict.client.protocol"))))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule JCACHE_KNOWS_ONLY_WHAT_PROGRAMS_SEE = noClasses().that()
            .resideInAPackage("io.ddict.jcache..")
            .should().dependOnClassesThat(OURS.and(not(resideInAnyPackage("io.ddict.jcache..",
                    "io.ddict.client", "io.ddict.client.codec"))))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule ITS_API_STAYS_THERE = noClasses().that(OURS)
            .and(not(resideInAnyPackage("io.ddict.jcache..", "io.ddict.bench..")))
            .should().dependOnClassesThat(resideInAPackage("javax.cache.."))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule POOL_KNOWS_ONLY_CLIENT = noClasses().that()
            .resideInAPackage("io.ddict.pool..")
            .should().dependOnClassesThat(OURS.and(
                    not(resideInAnyPackage("io.ddict.pool..", "io.ddict.client.."))))
            .allowEmptyShould(true);
}
