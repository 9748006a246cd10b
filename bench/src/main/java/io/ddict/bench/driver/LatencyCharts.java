package io.ddict.bench.driver;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.knowm.xchart.XYChart;

/*
 * Percentiles are drawn against 1 / (1 - percentile): how many operations there are for each one that
 * takes longer. So the rare ones, which are of interest, have as much room as the frequent ones.
 */

/** Draws a chart for each operation and number of clients: a line for each store, length and rate. */
final class LatencyCharts {
    private final Results results;

    LatencyCharts(Results results) {
        this.results = results;
    }

    /** The charts by name. */
    Map<String, XYChart> charts() {
        Map<String, XYChart> charts = new LinkedHashMap<>();
        for (Latency latency : results.latencies()) {
            String phase = latency.phase();
            String name =
                    "latency-" + phase.replace(' ', '-') + "-" + latency.clients() + "-clients";
            XYChart chart = charts.computeIfAbsent(
                    name,
                    _ -> ChartFiles.chart(
                            phase + ", P=" + latency.clients() + ": latency",
                            "one of so many operations takes longer: p50 at 2, p99 at 100",
                            "latency in ns"));
            addLine(chart, latency);
        }
        return charts;
    }

    private static void addLine(XYChart chart, Latency latency) {
        double count = (double) latency.count();
        if (count < 1) {
            return;
        }
        chart.addSeries(
                line(latency),
                DoubleStream.of(2, 10, 100, 1000, count).map(each -> Math.min(each, count))
                        .toArray(),
                LongStream.of(
                        latency.p50Ns(),
                        latency.p90Ns(),
                        latency.p99Ns(),
                        latency.p999Ns(),
                        latency.maxNs())
                        .map(each -> Math.max(each, 1))
                        .asDoubleStream()
                        .toArray());
    }

    private static String line(Latency latency) {
        String rate = latency.opsPerSecond() == 0
                ? "one by one"
                : Figures.count(latency.opsPerSecond()) + "/s";
        return latency.peer() + ", " + Figures.length(latency.valueLength()) + ", " + rate;
    }
}
