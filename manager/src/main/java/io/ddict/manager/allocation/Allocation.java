package io.ddict.manager.allocation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Machines that a user has been given.
 *
 * @param kind how they were found, for people to read
 * @param hosts their names, at least one, in order and without repetition
 */
public record Allocation(String kind, List<String> hosts, Starter starter) {
    private static final long LIST_TIMEOUT_S = 30;

    /** What the user said about where to run; each may be left open. */
    public record Wish(
            @Nullable List<String> hosts, @Nullable Path hostFile, @Nullable Integer nodes,
            @Nullable String startWith) {}

    /**
     * Chooses: hosts that the user names, else those of the Slurm or PBS job that this process is in,
     * else this machine alone.
     *
     * @param environment of this process
     * @throws IllegalArgumentException if there are fewer hosts than nodes wanted
     * @throws IOException if the batch system does not tell its hosts
     */
    public static Allocation choose(Wish wish, Map<String, String> environment)
            throws IOException {
        Allocation found = withStarter(find(wish, environment), wish.startWith());
        Integer nodes = wish.nodes();
        if (nodes == null || nodes == found.hosts.size()) {
            return found;
        }
        if (nodes < 1 || nodes > found.hosts.size()) {
            throw new IllegalArgumentException(
                    "not as many hosts: nodes=" + nodes + ", hosts=" + found.hosts + ", found by "
                            + found.kind
                            + "; run inside a larger allocation, or name hosts by --hosts or"
                            + " --hostfile");
        }
        return new Allocation(found.kind, found.hosts.subList(0, nodes), found.starter);
    }

    private static Allocation find(Wish wish, Map<String, String> environment)
            throws IOException {
        if (wish.hosts() != null) {
            return of("host list", wish.hosts(), new SshStarter());
        }
        Path hostFile = wish.hostFile();
        if (hostFile != null) {
            return of("host file", read(hostFile), new SshStarter());
        }
        if (environment.containsKey("SLURM_JOB_ID")
                && environment.containsKey("SLURM_JOB_NODELIST")) {
            return of(
                    "Slurm job",
                    output("scontrol", "show", "hostnames", environment.get("SLURM_JOB_NODELIST")),
                    new SlurmStarter());
        }
        if (environment.containsKey("PBS_NODEFILE")) {
            return of(
                    "PBS job", read(Path.of(environment.get("PBS_NODEFILE"))), new SshStarter());
        }
        return of("this machine", List.of(ThisMachine.hostName()), new SshStarter());
    }

    private static Allocation withStarter(Allocation found, @Nullable String template) {
        return template == null
                ? found
                : new Allocation(found.kind, found.hosts, new TemplateStarter(template));
    }

    // Host and node files name a host once for each of its slots, and may have them behind it.
    private static Allocation of(String kind, List<String> lines, Starter starter) {
        List<String> hosts = lines.stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .map(line -> line.split("[\\s:]", 2)[0])
                .distinct()
                .toList();
        if (hosts.isEmpty()) {
            throw new IllegalArgumentException("no hosts: found by " + kind);
        }
        return new Allocation(kind, hosts, starter);
    }

    private static List<String> read(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IllegalArgumentException(
                    "host file cannot be read: file=" + file.toAbsolutePath());
        }
        return Files.readAllLines(file);
    }

    private static List<String> output(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        process.getOutputStream().close();
        CompletableFuture.delayedExecutor(LIST_TIMEOUT_S, TimeUnit.SECONDS)
                .execute(process::destroyForcibly);
        String text = new String(
                process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(LIST_TIMEOUT_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException(
                        "hosts of the job are not told: command=" + String.join(" ", command));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: command=" + String.join(" ", command), e);
        }
        return text.lines().toList();
    }

    /** Whether it is this machine and no other. */
    public boolean isThisMachineOnly() throws IOException {
        return hosts.size() == 1 && isHere(hosts.getFirst());
    }

    /** Whether this machine is its first. */
    public boolean beginsHere() throws IOException {
        return isHere(hosts.getFirst());
    }

    /** A command that runs another one on its first machine. */
    public List<String> onFirst(List<String> command) {
        return starter.on(hosts.getFirst(), command);
    }

    /** Commands that run one on every machine but the first. */
    List<List<String>> onOthers(List<String> command) {
        return hosts.size() == 1
                ? List.of()
                : starter.everywhere(hosts.subList(1, hosts.size()), command);
    }

    private static boolean isHere(String host) throws IOException {
        return host.equals("localhost") || label(host).equals(label(ThisMachine.hostName()));
    }

    // Whether with its domain or without.
    private static String label(String host) {
        int dot = host.indexOf('.');
        return dot < 0 ? host : host.substring(0, dot);
    }
}
