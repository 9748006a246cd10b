package io.ddict.bench.driver;

import io.ddict.bench.peers.Shape;

/** The form of a {@link Shape} on the wire: a word. */
final class ShapeText {
    private ShapeText() {}

    static String of(Shape shape) {
        return String.join(
                ",",
                Integer.toString(shape.valueLength()),
                Long.toString(shape.keysMax()),
                Integer.toString(shape.clients()),
                Integer.toString(shape.managers()),
                Integer.toString(shape.nodes()),
                Boolean.toString(shape.tight()));
    }

    static Shape parse(String text) {
        String[] fields = text.split(",", -1);
        return new Shape(
                Integer.parseInt(fields[0]),
                Long.parseLong(fields[1]),
                Integer.parseInt(fields[2]),
                Integer.parseInt(fields[3]),
                Integer.parseInt(fields[4]),
                Boolean.parseBoolean(fields[5]));
    }
}
