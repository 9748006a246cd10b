package io.ddict.manager.tools.demo;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** A part of the work that is complete before the next begins. */
public enum Step {
    /** Files are read into the dictionary. */
    LOAD(Stage.LOAD, "files"),
    /** The words of each chunk of files are collected. */
    INDEX(Stage.INDEX, "files"),
    /** The chunks' words are merged, partition by partition. */
    MERGE(Stage.INDEX, "partitions");

    private final Stage stage;
    private final String unit;

    Step(Stage stage, String unit) {
        this.stage = stage;
        this.unit = unit;
    }

    /** The steps of a stage, in their order. */
    static List<Step> of(Stage stage) {
        return Stream.of(values()).filter(step -> step.stage == stage).toList();
    }

    /** The name, in small letters. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What its progress is counted in. */
    public String unit() {
        return unit;
    }
}
