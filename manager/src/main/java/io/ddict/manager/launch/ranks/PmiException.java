package io.ddict.manager.launch.ranks;

/** What came is no PMI-1, or came where it must not; its connection ends. */
final class PmiException extends Exception {
    PmiException(String message) {
        super(message);
    }
}
