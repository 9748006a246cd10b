package io.ddict.jcache;

import io.ddict.client.node.NodeProcess;
import java.net.URI;
import java.util.Properties;
import javax.cache.CacheManager;
import javax.cache.Caching;

/**
 * A running cluster for tests: this JVM's own node service, which ends with it, but used by its
 * name as any process may.
 */
final class TestCluster {
    private TestCluster() {}

    static String name() {
        return NodeProcess.embedded().cluster();
    }

    static URI uri() {
        return URI.create("ddict:" + name() + "?totalMemory=16MiB");
    }

    /** The manager of a URI, as a program has it. */
    static CacheManager manager(URI uri) {
        return Caching.getCachingProvider().getCacheManager(uri, null, new Properties());
    }

    static CacheManager manager() {
        return manager(uri());
    }
}
