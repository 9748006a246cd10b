package io.ddict.bench.peers;

/** A store that the client processes make themselves, once they know the address. */
record EmbeddedService(String address) implements Service {
    @Override
    public void close() {}
}
