package io.ddict.manager.cluster.raft;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.ratis.metrics.LongCounter;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.MetricRegistryInfo;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.metrics.Timekeeper;
import org.apache.ratis.util.TimeDuration;

/*
 * Ratis asks for its metrics by a service loader and does not start without an answer. The registries of
 * its own load another library and register beans; nobody would look at them here.
 */

/** Registries of metrics that keep none; public for the service loader. */
public final class NoMetrics extends MetricRegistries {
    @Override
    public RatisMetricRegistry create(MetricRegistryInfo info) {
        return new NoRegistry(info);
    }

    @Override
    public boolean remove(MetricRegistryInfo info) {
        return true;
    }

    @Override
    public Optional<RatisMetricRegistry> get(MetricRegistryInfo info) {
        return Optional.empty();
    }

    @Override
    public Set<MetricRegistryInfo> getMetricRegistryInfos() {
        return Set.of();
    }

    @Override
    public Collection<RatisMetricRegistry> getMetricRegistries() {
        return List.of();
    }

    @Override
    public void clear() {
        // Nothing is kept.
    }

    @Override
    public void addReporterRegistration(
            Consumer<RatisMetricRegistry> start, Consumer<RatisMetricRegistry> stop) {
        // Nothing is reported.
    }

    @Override
    public void enableJmxReporter() {
        // Nothing is reported.
    }

    @Override
    public void enableConsoleReporter(TimeDuration rate) {
        // Nothing is reported.
    }

    private record NoRegistry(MetricRegistryInfo info) implements RatisMetricRegistry {
        @Override
        public Timekeeper timer(String name) {
            return () -> () -> 0;
        }

        @Override
        public LongCounter counter(String name) {
            return new NoCounter();
        }

        @Override
        public boolean remove(String name) {
            return true;
        }

        @Override
        public <T> void gauge(String name, Supplier<Supplier<T>> gauge) {
            // Nobody would read it.
        }

        @Override
        public MetricRegistryInfo getMetricRegistryInfo() {
            return info;
        }
    }

    private record NoCounter() implements LongCounter {
        @Override
        public void inc(long n) {
            // Not counted.
        }

        @Override
        public void dec(long n) {
            // Not counted.
        }

        @Override
        public long getCount() {
            return 0;
        }
    }
}
