package io.ddict.jcache;

import io.ddict.client.AttachOptions;
import io.ddict.client.Cluster;
import javax.cache.Caching;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Ends all caches of the {@link TestCluster} after each test. */
final class NoCachesLeft implements AfterEachCallback {
    @Override
    public void afterEach(ExtensionContext context) {
        Caching.getCachingProvider().close();
        try (Cluster cluster = Cluster.connect(TestCluster.name())) {
            cluster.dictionaries()
                    .forEach(each -> cluster.attach(each, AttachOptions.DEFAULTS).destroy());
        }
    }
}
