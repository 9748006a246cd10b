package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One node service for all tests of a class. After each test the pools are verified and its
 * dictionaries destroyed.
 */
final class SharedService implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    static final String CLUSTER = "shared";

    private Machine machine;
    private Cluster cluster;

    @Override
    public void beforeAll(ExtensionContext context) {
        machine = new Machine();
        machine.startService(CLUSTER);
        cluster = machine.connect(CLUSTER);
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        try {
            machine.verifyPools();
        } finally {
            cluster.dictionaries()
                    .forEach(name -> cluster.attach(name, AttachOptions.DEFAULTS).destroy());
        }
        assertThat(machine.pools()).as("pools left").isEmpty();
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        machine.close();
    }

    Machine machine() {
        return machine;
    }

    Cluster cluster() {
        return cluster;
    }

    /** Makes a dictionary that lives until the end of the test. */
    <K, V> DDict<K, V> create(DDictConfig.Builder config) {
        return cluster.create(config.build());
    }

    /** Makes a dictionary with the least memory that serves most tests. */
    <K, V> DDict<K, V> create() {
        return create(DDictConfig.builder().totalMemory(ByteSize.mib(16)));
    }
}
