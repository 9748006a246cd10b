package io.ddict.manager.launch.ranks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A rank's end of a connection, that says what it is told to. */
final class RankClient implements AutoCloseable {
    private static final int TIMEOUT_MS = 20_000;

    private final Socket socket;
    private final BufferedReader answers;

    private RankClient(RankServer server, int rank) throws IOException {
        int port = Integer.parseInt(server.environment(rank).get("DDICT_RANK_PORT"));
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(TIMEOUT_MS);
        answers = new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    }

    /** One that has not said which rank it is. */
    static RankClient unnamed(RankServer server) throws IOException {
        return new RankClient(server, 0);
    }

    /** One that has said it. */
    static RankClient of(RankServer server, int rank) throws IOException {
        RankClient client = new RankClient(server, rank);
        client.send(server.environment(rank).get("DDICT_RANK_SECRET"));
        return client;
    }

    /** One that is between MPI_Init and MPI_Finalize. */
    static RankClient joined(RankServer server, int rank) throws IOException {
        RankClient client = of(server, rank);
        String _ = client.ask("cmd=init pmi_version=1 pmi_subversion=1");
        return client;
    }

    void send(String line) throws IOException {
        send((line + "\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** The next answer; null if the connection was ended. */
    String answer() throws IOException {
        try {
            return answers.readLine();
        } catch (java.net.SocketException e) {
            return null; // Reset, as what was sent was not read.
        }
    }

    String ask(String line) throws IOException {
        send(line);
        return answer();
    }

    /** Whether an answer is there. */
    boolean hasAnswer() throws IOException {
        return answers.ready();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
