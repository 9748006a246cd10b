package io.ddict.manager.launch.ranks;

import java.util.LinkedHashMap;
import java.util.Map;

/*
 * cmd=put kvsname=job key=address-3 value=anything up to the end, blanks too
 *
 * Fields in any order, between blanks. A request of several lines begins with mcmd in place of cmd.
 */

/** A request: a line of fields, one of which is the command. */
record PmiLine(Map<String, String> fields) {
    private static final String REST_OF_LINE = "value=";

    /**
     * Takes a line apart.
     *
     * @throws PmiException if a part of it is no field
     */
    static PmiLine parse(String line) throws PmiException {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int begin = 0; begin < line.length();) {
            if (line.charAt(begin) == ' ') {
                begin++;
                continue;
            }
            int end = line.startsWith(REST_OF_LINE, begin) ? -1 : line.indexOf(' ', begin);
            String field = line.substring(begin, end < 0 ? line.length() : end);
            int equals = field.indexOf('=');
            if (equals <= 0) {
                throw new PmiException("no field of PMI-1: field=" + field);
            }
            fields.put(field.substring(0, equals), field.substring(equals + 1));
            begin += field.length();
        }
        return new PmiLine(fields);
    }

    /** What is asked for; empty if nothing is. */
    String command() {
        String single = fields.get("cmd");
        return single != null ? single : fields.getOrDefault("mcmd", "");
    }

    /** A field. */
    String text(String name) throws PmiException {
        String text = fields.get(name);
        if (text == null) {
            throw new PmiException(
                    "request lacks a field: command=" + command() + ", field=" + name);
        }
        return text;
    }

    /** A field that is a number. */
    int number(String name) throws PmiException {
        try {
            return Integer.parseInt(text(name));
        } catch (NumberFormatException e) {
            throw new PmiException("field is no number: field=" + name + ", text=" + text(name));
        }
    }
}
