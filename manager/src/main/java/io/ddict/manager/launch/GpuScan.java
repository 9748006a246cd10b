package io.ddict.manager.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/*
 * Found by what the drivers show, without any of the vendors' libraries:
 *
 *   NVIDIA   /dev/nvidia<n>
 *   AMD      /sys/class/kfd/kfd/topology/nodes/<n>/gpu_id that is not 0, which CPUs have
 *   Intel    /sys/class/drm/renderD<n>/device/vendor that is 0x8086
 *
 * The first kind of which there is one counts: programs are told of one vendor's.
 */

/** Finds the GPUs of a machine. */
final class GpuScan {
    private static final Pattern NVIDIA = Pattern.compile("nvidia(\\d+)");
    private static final Pattern NODE = Pattern.compile("\\d+");
    private static final Pattern RENDERER = Pattern.compile("renderD\\d+");
    private static final String INTEL = "0x8086";

    private GpuScan() {}

    /** Looks below a root of the file system. */
    static Found of(Path root) {
        List<Integer> nvidia = new ArrayList<>();
        for (Path each : matching(root.resolve("dev"), NVIDIA)) {
            Matcher matcher = NVIDIA.matcher(each.getFileName().toString());
            if (matcher.matches()) {
                nvidia.add(Integer.parseInt(matcher.group(1)));
            }
        }
        if (!nvidia.isEmpty()) {
            return new Found("NVIDIA", nvidia.stream().sorted().toList());
        }
        long amd = matching(root.resolve("sys/class/kfd/kfd/topology/nodes"), NODE).stream()
                .filter(each -> !text(each.resolve("gpu_id")).matches("0?"))
                .count();
        if (amd > 0) {
            return Found.numbered("AMD", amd);
        }
        long intel = matching(root.resolve("sys/class/drm"), RENDERER).stream()
                .filter(each -> text(each.resolve("device/vendor")).equals(INTEL))
                .count();
        return intel > 0 ? Found.numbered("INTEL", intel) : new Found("", List.of());
    }

    private static List<Path> matching(Path folder, Pattern name) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(each -> name.matcher(each.getFileName().toString()).matches())
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** GPUs of a vendor; none if that is empty. */
    record Found(String vendor, List<Integer> numbers) {
        static Found numbered(String vendor, long count) {
            return new Found(vendor, Stream.iterate(0, each -> each + 1).limit(count).toList());
        }
    }
}
