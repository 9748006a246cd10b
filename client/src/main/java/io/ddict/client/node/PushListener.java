package io.ddict.client.node;

import io.ddict.client.protocol.Push;
import java.io.DataInputStream;
import java.io.IOException;

/** Hears what a node service tells unasked; called by the thread that reads the session's socket. */
public interface PushListener {
    /** Takes a push. Must not block, and not call the service: answers come by the same thread. */
    void onPush(Push push, DataInputStream fields) throws IOException;

    /** The service has ended, or the connection: nothing more will come. Must not block either. */
    void onLost();
}
