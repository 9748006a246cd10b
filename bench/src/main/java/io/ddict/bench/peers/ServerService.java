package io.ddict.bench.peers;

import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A store in a process of its own, with the folder for its files if it has any. */
final class ServerService implements Service {
    private final String address;
    private final ServerProcess server;
    private final @Nullable SharedFolder folder;
    private final LongSupplier usedLength;
    private final long usedLengthEmpty;

    private ServerService(
            String address,
            ServerProcess server,
            @Nullable SharedFolder folder,
            LongSupplier usedLength) {
        this.address = address;
        this.server = server;
        this.folder = folder;
        this.usedLength = usedLength;
        this.usedLengthEmpty = usedLength.getAsLong();
    }

    /** One that runs a foreign program: its content is what its physical memory has grown by. */
    static ServerService ofProgram(
            String address, ServerProcess server, @Nullable SharedFolder folder) {
        return new ServerService(address, server, folder, server::residentLength);
    }

    /** One that runs a {@link JavaServer}: its content is what it says itself, without garbage. */
    static ServerService ofJava(
            String address, ServerProcess server, @Nullable SharedFolder folder) {
        return new ServerService(address, server, folder, server::usedLength);
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public OptionalLong usedLength() {
        return OptionalLong.of(usedLength.getAsLong() - usedLengthEmpty);
    }

    @Override
    public void close() {
        server.close();
        if (folder != null) {
            folder.close();
        }
    }
}
