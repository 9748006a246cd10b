package io.ddict.bench.driver;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGraphics2D;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.w3c.dom.Document;

/** Writes charts as SVG and PNG files. */
final class ChartFiles {
    private static final int WIDTH = 1100;
    private static final int HEIGHT = 700;
    private static final String SVG = "http://www.w3.org/2000/svg";

    static {
        // No screen is needed, nor asked for.
        System.setProperty("java.awt.headless", "true");
    }

    private final Path folder;

    ChartFiles(Path folder) {
        this.folder = folder;
    }

    /** An empty chart with logarithmic axes. */
    static XYChart chart(String title, String xTitle, String yTitle) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(xTitle)
                .yAxisTitle(yTitle)
                .build();
        chart.getStyler().setXAxisLogarithmic(true);
        chart.getStyler().setYAxisLogarithmic(true);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        return chart;
    }

    /**
     * Draws what has lines. A system without fonts cannot draw text: then there are no files but a
     * line that says so, as the figures are as good.
     *
     * @param charts by the names of their files
     */
    void draw(Map<String, XYChart> charts) throws IOException {
        try {
            for (Map.Entry<String, XYChart> chart : charts.entrySet()) {
                if (!chart.getValue().getSeriesCollection().isEmpty()) {
                    writeBitmap(chart.getValue(), folder.resolve(chart.getKey() + ".png"));
                    writeVector(chart.getValue(), folder.resolve(chart.getKey() + ".svg"));
                }
            }
        } catch (RuntimeException | InternalError | LinkageError e) {
            System.err.println("no plots, as this system cannot draw text: " + e.getMessage()
                    + "; install fontconfig and a font");
        }
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
