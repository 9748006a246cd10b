package io.ddict.manager.allocation;

import java.util.ArrayList;
import java.util.List;

/**
 * Starts by a command of the user's, such as {@code mpiexec -n {count} -ppn 1 --hosts {hosts} {command}}:
 * words in braces stand for the number of machines, their names with commas between, and what to run.
 */
final class TemplateStarter implements Starter {
    private static final String COMMAND = "{command}";

    private final List<String> words;

    TemplateStarter(String template) {
        this.words = List.of(template.strip().split("\\s+"));
        if (!words.contains(COMMAND)) {
            throw new IllegalArgumentException(
                    "template of a command has no place for what to run: template="
                            + template
                            + "; write "
                            + COMMAND
                            + ", and {hosts} and {count} where they belong");
        }
    }

    @Override
    public List<List<String>> everywhere(List<String> hosts, List<String> command) {
        return List.of(filled(hosts, command));
    }

    @Override
    public List<String> on(String host, List<String> command) {
        return filled(List.of(host), command);
    }

    private List<String> filled(List<String> hosts, List<String> command) {
        List<String> filled = new ArrayList<>();
        for (String word : words) {
            if (word.equals(COMMAND)) {
                filled.addAll(command);
            } else {
                filled.add(
                        word.replace("{hosts}", String.join(",", hosts))
                                .replace("{count}", Integer.toString(hosts.size())));
            }
        }
        return filled;
    }
}
