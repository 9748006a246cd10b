package io.ddict.store.table;

/*
 * Chronicle libraries read these properties when their classes load: without them the first map of
 * a process reports to a web service and prints a banner.
 */

/** Silences Chronicle; to be called before any of its classes is touched. */
final class ChronicleSettings {
    static {
        System.setProperty("chronicle.analytics.disable", "true");
        System.setProperty("chronicle.announcer.disable", "true");
    }

    private ChronicleSettings() {}

    /** Has its effect by loading this class. */
    static void apply() {}
}
