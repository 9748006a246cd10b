package io.ddict.bench.driver;

import io.ddict.bench.peers.Peers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.XYChart;

/** Draws a sweep: rates against value length, one line for each operation and number of clients. */
final class GupsCharts {
    private final Results results;

    GupsCharts(Results results) {
        this.results = results;
    }

    /** The charts by name: operations and bandwidth. */
    Map<String, XYChart> charts() {
        Map<String, XYChart> charts = new LinkedHashMap<>();
        charts.put(
                "operations",
                chart("operations per second", Throughput::opsPerSecond, results.phases()));
        List<String> moving =
                results.phases().stream().filter(each -> !Tables.isView(each)).toList();
        charts.put("bandwidth", chart("GB/s of values", Throughput::gigabytesPerSecond, moving));
        return charts;
    }

    private XYChart chart(String rateTitle, ToDoubleFunction<Throughput> rate,
            List<String> phases) {
        XYChart chart = ChartFiles.chart(
                "DDict: " + rateTitle + ", all clients", "length of a value in bytes", rateTitle);
        for (String phase : phases) {
            for (int clients : results.clientCounts()) {
                addLine(chart, phase, clients, rate);
            }
        }
        return chart;
    }

    private void addLine(
            XYChart chart, String phase, int clients, ToDoubleFunction<Throughput> rate) {
        List<Throughput> medians = results.valueLengths().stream()
                .map(length -> results.median(Peers.DDICT, clients, length, phase))
                .flatMap(Optional::stream)
                .toList();
        if (!medians.isEmpty()) {
            chart.addSeries(
                    phase + ", P=" + clients,
                    medians.stream().mapToDouble(Throughput::valueLength).toArray(),
                    medians.stream().mapToDouble(rate).toArray());
        }
    }
}
