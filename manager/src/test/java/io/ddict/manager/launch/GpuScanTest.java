package io.ddict.manager.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** GPUs, by files as drivers make them. */
class GpuScanTest {
    @TempDir
    private Path root;

    @Test
    void findsNoneWhereThereIsNone() throws IOException {
        assertThat(GpuScan.of(root)).isEqualTo(new GpuScan.Found("", List.of()));
        // A display without a GPU that computes.
        file("sys/class/drm/renderD128/device/vendor", "0x1a03");
        // A processor's node has no GPU's number.
        file("sys/class/kfd/kfd/topology/nodes/0/gpu_id", "0");

        assertThat(GpuScan.of(root)).isEqualTo(new GpuScan.Found("", List.of()));
    }

    @Test
    void findsThoseOfNvidia() throws IOException {
        for (String name : List.of("nvidia10", "nvidia0", "nvidia2", "nvidiactl", "nvidia-uvm")) {
            file("dev/" + name, "");
        }

        assertThat(GpuScan.of(root)).isEqualTo(new GpuScan.Found("NVIDIA", List.of(0, 2, 10)));
    }

    @Test
    void findsThoseOfAmd() throws IOException {
        file("sys/class/kfd/kfd/topology/nodes/0/gpu_id", "0");
        file("sys/class/kfd/kfd/topology/nodes/1/gpu_id", "51234");
        file("sys/class/kfd/kfd/topology/nodes/2/gpu_id", "4321");

        assertThat(GpuScan.of(root)).isEqualTo(new GpuScan.Found("AMD", List.of(0, 1)));
    }

    @Test
    void findsThoseOfIntel() throws IOException {
        file("sys/class/drm/renderD128/device/vendor", "0x8086\n");
        file("sys/class/drm/card0/device/vendor", "0x8086\n");

        assertThat(GpuScan.of(root)).isEqualTo(new GpuScan.Found("INTEL", List.of(0)));
    }

    private void file(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
