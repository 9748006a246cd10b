package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.Placement;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.manager.gateway.TestCertificates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/*
 * The service belongs to the whole run and not to a class: starting one takes a second or two. JUnit
 * closes it at the end, which is when it is checked that nothing is left of it. Classes that want
 * encrypted connections have one of their own.
 */

/**
 * A node service for the tests of several classes. After each test the pools are verified and its
 * dictionaries destroyed.
 */
final class SharedService implements BeforeAllCallback, AfterEachCallback {
    static final String CLUSTER = "shared";

    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(SharedService.class);

    private static final AttachOptions ANY =
            AttachOptions.DEFAULTS.withPlacement(Placement.unknown());

    private final Queue<DDict<?, ?>> created = new ConcurrentLinkedQueue<>();
    private Machine machine;
    private Cluster cluster;
    private NodeAddress address;

    @Override
    public void beforeAll(ExtensionContext context) {
        boolean isEncrypted = context.getRequiredTestClass().isAnnotationPresent(Encrypted.class);
        ExtensionContext owner = isEncrypted ? context : context.getRoot();
        Started started = owner.getStore(NAMESPACE).computeIfAbsent(
                isEncrypted, key -> new Started(isEncrypted), Started.class);
        machine = started.machine;
        cluster = started.cluster;
        address = started.address;
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        try {
            machine.verifyPools();
        } finally {
            cluster.dictionaries()
                    .forEach(name -> cluster.attach(name, ANY).destroy());
            // The memory of a dictionary is in use for as long as anybody maps it.
            created.forEach(DDict::close);
            created.clear();
        }
        assertThat(machine.pools()).as("pools left").isEmpty();
    }

    Machine machine() {
        return machine;
    }

    Cluster cluster() {
        return cluster;
    }

    /** Where it listens as for other machines. */
    NodeAddress address() {
        return address;
    }

    /** What one has to know there. */
    ClusterSecret secret() {
        try {
            return ClusterSecret.ofCluster(CLUSTER);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes a dictionary that lives until the end of the test. */
    <K, V> DDict<K, V> create(DDictConfig.Builder config) {
        DDict<K, V> dict = cluster.create(config.build());
        created.add(dict);
        return dict;
    }

    /** Makes a dictionary with the least memory that serves most tests. */
    <K, V> DDict<K, V> create() {
        return create(DDictConfig.builder().totalMemory(ByteSize.mib(16)));
    }

    /** On classes whose service takes encrypted connections only, and wants certificates of both ends. */
    @Retention(RetentionPolicy.RUNTIME)
    @interface Encrypted {}

    /** What the run has once, or a class. */
    @SuppressWarnings("try") // waiting for the machine to end may be interrupted
    private static final class Started implements AutoCloseable {
        private final Machine machine = new Machine();
        private final Cluster cluster;
        private final NodeAddress address;

        Started(boolean isEncrypted) {
            if (isEncrypted) {
                TestCertificates certificates = new TestCertificates(machine.directory());
                machine.giveServices(certificates.options(certificates.forLoopback(), true));
            }
            address = machine.startListeningService(CLUSTER);
            cluster = machine.connect(CLUSTER);
        }

        @Override
        public void close() throws Exception {
            machine.close();
        }
    }
}
