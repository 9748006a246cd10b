package io.ddict.bench.driver;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ddict.bench.peers.Peers;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGraphics2D;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.w3c.dom.Document;

/** Draws a sweep: rates against value length, one line for each operation and number of clients. */
final class Plots {
    private static final int WIDTH = 1100;
    private static final int HEIGHT = 700;
    private static final String SVG = "http://www.w3.org/2000/svg";

    static {
        // No screen is needed, nor asked for.
        System.setProperty("java.awt.headless", "true");
    }

    private final Results results;
    private final Path folder;

    Plots(Results results, Path folder) {
        this.results = results;
        this.folder = folder;
    }

    /** Writes operations.svg and .png, and bandwidth.svg and .png. */
    void write() throws IOException {
        write("operations", "operations per second", Throughput::opsPerSecond, results.phases());
        List<String> moving =
                results.phases().stream().filter(each -> !Tables.isView(each)).toList();
        write("bandwidth", "GB/s of values", Throughput::gigabytesPerSecond, moving);
    }

    private void write(
            String name,
            String title,
            ToDoubleFunction<Throughput> rate,
            List<String> phases)
            throws IOException {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("DDict: " + title + ", all clients")
                .xAxisTitle("length of a value in bytes")
                .yAxisTitle(title)
                .build();
        chart.getStyler().setXAxisLogarithmic(true);
        chart.getStyler().setYAxisLogarithmic(true);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        for (String phase : phases) {
            for (int clients : results.clientCounts()) {
                addLine(chart, phase, clients, rate);
            }
        }
        writeBitmap(chart, folder.resolve(name + ".png"));
        writeVector(chart, folder.resolve(name + ".svg"));
    }

    private void addLine(
            XYChart chart, String phase, int clients, ToDoubleFunction<Throughput> rate) {
        List<Throughput> medians = results.valueLengths().stream()
                .map(length -> results.median(Peers.DDICT, clients, length, phase))
                .flatMap(Optional::stream)
                .toList();
        double[] lengths = medians.stream().mapToDouble(Throughput::valueLength).toArray();
        double[] rates = medians.stream().mapToDouble(rate).toArray();
        chart.addSeries(phase + ", P=" + clients, lengths, rates);
    }

    private static void writeBitmap(XYChart chart, Path file) throws IOException {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        chart.paint(graphics, WIDTH, HEIGHT);
        graphics.dispose();
        ImageIO.write(image, "png", file.toFile());
    }

    private static void writeVector(XYChart chart, Path file) throws IOException {
        SVGGraphics2D graphics = new SVGGraphics2D(document());
        chart.paint(graphics, WIDTH, HEIGHT);
        try (Writer writer = Files.newBufferedWriter(file, UTF_8)) {
            graphics.stream(writer, true);
        }
    }

    private static Document document() {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .getDOMImplementation()
                    .createDocument(SVG, "svg", null);
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException("the JDK has no XML", e);
        }
    }
}
