package io.ddict.manager.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;

/*
 * There is no Kubernetes where this runs. The classes are generated from its API, so what cannot be
 * read into them a server would not take either; what fits no field they would put aside, which is
 * switched off here.
 */

/** The manifests in docs/kubernetes, without a cluster of Kubernetes. */
class KubernetesTest {
    private static final Path ROOT =
            Path.of(System.getProperty("basedir", ".")).toAbsolutePath().normalize().getParent();
    private static final Path MANIFESTS = ROOT.resolve("docs/kubernetes");
    private static final Map<String, Class<?>> KINDS = Map.of(
            "v1 Service", Service.class,
            "apps/v1 StatefulSet", StatefulSet.class,
            "policy/v1 PodDisruptionBudget", PodDisruptionBudget.class,
            "batch/v1 Job", Job.class);

    private static final JsonMapper STRICT = JsonMapper.builder()
            .annotationIntrospector(new NothingPutAside())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    /** Has a field that is not in the class refused. */
    private static final class NothingPutAside extends JacksonAnnotationIntrospector {
        @Override
        public Boolean hasAnySetter(MapperConfig<?> config, Annotated member) {
            return false;
        }
    }

    private static String text(String file) throws IOException {
        return Files.readString(MANIFESTS.resolve(file));
    }

    private static Map<?, ?> yaml(String text) {
        return (Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromString(text);
    }

    private static Object read(String text) {
        Map<?, ?> tree = yaml(text);
        Class<?> kind = KINDS.get(tree.get("apiVersion") + " " + tree.get("kind"));
        assertThat(kind).as("kind of %s", tree.get("kind")).isNotNull();
        return STRICT.convertValue(tree, kind);
    }

    private static StatefulSet statefulSet() throws IOException {
        return (StatefulSet) read(text("statefulset.yaml"));
    }

    private static Job job() throws IOException {
        return (Job) read(text("job.yaml"));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "service.yaml", "statefulset.yaml", "disruption-budget.yaml", "job.yaml"})
    void everyManifestIsWhatKubernetesKnows(String file) throws IOException {
        assertThat(read(text(file))).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({
        "serviceName:, servicename:",
        "terminationGracePeriodSeconds:, terminationGracePeriod:",
        "sizeLimit:, sizelimit:",
        "readinessProbe:, readynessProbe:",
        "failureThreshold:, failuresThreshold:",
        "fieldPath:, path:",
        "topologyKey:, topology:",
        "defaultMode:, mode:",
        "runAsNonRoot:, runAsNonroot:"})
    void refusesAMisspeltField(String right, String wrong) throws IOException {
        String text = text("statefulset.yaml");
        assertThat(text).contains(right);
        String field = wrong.substring(0, wrong.length() - 1);

        assertThatThrownBy(() -> read(text.replaceFirst(right, wrong)))
                .hasMessageContaining("\"" + field + "\"");
    }

    @ParameterizedTest
    @CsvSource({"replicas: 3, replicas: many", "weight: 100, weight: [100]",
        "kind: StatefulSet, kind: StatefulsSet"})
    void refusesAValueOfAnotherType(String right, String wrong) throws IOException {
        String text = text("statefulset.yaml");
        assertThat(text).contains(right);

        assertThatThrownBy(() -> read(text.replace(right, wrong))).isNotNull();
    }

    @Test
    void refusesAFieldThatIsThereTwice() throws IOException {
        String text = text("service.yaml").replace("spec:\n", "spec:\n  clusterIP: None\n");

        assertThatThrownBy(() -> read(text)).hasMessageContaining("clusterIP");
    }

    @Test
    void theListOfManifestsIsComplete() throws IOException {
        Map<?, ?> list = yaml(text("kustomization.yaml"));
        assertThat(list.keySet()).map(Object::toString)
                .containsExactlyInAnyOrder("apiVersion", "kind", "resources", "images");
        try (Stream<Path> files = Files.list(MANIFESTS)) {
            List<String> others = files.map(each -> each.getFileName().toString())
                    .filter(each -> each.endsWith(".yaml"))
                    .filter(each -> !each.equals("kustomization.yaml")
                            && !each.equals("job.yaml"))
                    .toList();
            assertThat((List<?>) list.get("resources")).map(Object::toString)
                    .containsExactlyInAnyOrderElementsOf(others);
        }
        assertThat(list.get("images").toString()).contains(
                "name=" + node(statefulSet().getSpec().getTemplate().getSpec()).getImage());
    }

    @Test
    void kubectlRendersThem() throws Exception {
        assumeThat(Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(entry -> Path.of(entry, "kubectl")))
                .as("kubectl on the PATH")
                .anyMatch(Files::isExecutable);
        Process process = new ProcessBuilder("kubectl", "kustomize", MANIFESTS.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();

        assertThat(process.exitValue()).as(output).isZero();
        assertThat(output.split("\n---\n")).hasSize(3)
                .allSatisfy(each -> assertThat(read(each)).isNotNull());
    }

    @Test
    void startsServicesAsTheCommandKnows() throws IOException {
        Container member = node(statefulSet().getSpec().getTemplate().getSpec());
        Container guest = node(job().getSpec().getTemplate().getSpec());
        for (Container each : List.of(member, guest)) {
            assertThat(each.getCommand().getFirst()).isEqualTo("/opt/ddict/ddict");
            String[] arguments = each.getCommand().stream()
                    .skip(1)
                    .map(argument -> argument.replace("$(POD_IP)", "10.0.0.1"))
                    .toArray(String[]::new);
            var parsed = Main.commandLine(Terminal.ofProcess()).parseArgs(arguments);
            assertThat(parsed.subcommand().commandSpec().userObject())
                    .isInstanceOf(NodeCommand.class);
            assertThat(parsed.subcommand().<String>matchedOptionValue("--cluster", ""))
                    .isEqualTo("ddict");
        }
    }

    @Test
    void findsTheOthersByTheServiceAndItsPort() throws IOException {
        Service service = (Service) read(text("service.yaml"));
        StatefulSet set = statefulSet();
        ObjectMeta pod = set.getSpec().getTemplate().getMetadata();
        Container member = node(set.getSpec().getTemplate().getSpec());

        assertThat(set.getSpec().getServiceName()).isEqualTo(service.getMetadata().getName());
        assertThat(service.getSpec().getClusterIP()).isEqualTo("None");
        assertThat(service.getSpec().getPublishNotReadyAddresses()).isTrue();
        assertThat(pod.getLabels()).containsAllEntriesOf(service.getSpec().getSelector());
        assertThat(pod.getLabels())
                .containsAllEntriesOf(set.getSpec().getSelector().getMatchLabels());
        int port = service.getSpec().getPorts().getFirst().getPort();
        assertThat(member.getPorts().getFirst().getContainerPort()).isEqualTo(port);
        String first = set.getMetadata().getName() + "-0." + service.getMetadata().getName();
        assertThat(member.getCommand()).contains(
                "[$(POD_IP)]:" + port,
                first + ":" + port + "," + service.getMetadata().getName() + ":" + port);
        PodDisruptionBudget budget = (PodDisruptionBudget) read(text("disruption-budget.yaml"));
        assertThat(pod.getLabels())
                .containsAllEntriesOf(budget.getSpec().getSelector().getMatchLabels());
        // Its own are no members that the service would find, nor the budget count.
        assertThat(job().getSpec().getTemplate().getMetadata().getLabels())
                .doesNotContainEntry("app.kubernetes.io/name", "ddict");
    }

    @Test
    void givesServicesTheirMemoryAndTheSecretToThemOnly() throws IOException {
        for (PodSpec pod : List.of(
                statefulSet().getSpec().getTemplate().getSpec(),
                job().getSpec().getTemplate().getSpec())) {
            Map<String, Volume> volumes = new HashMap<>();
            pod.getVolumes().forEach(each -> volumes.put(each.getName(), each));
            Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream())
                    .forEach(each -> {
                        assertThat(each.getVolumeMounts()).map(VolumeMount::getName)
                                .isSubsetOf(volumes.keySet()).contains("memory");
                        assertThat(mount(each, "memory").getMountPath()).isEqualTo("/dev/shm");
                        assertThat(each.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
                    });
            Quantity shared = volumes.get("memory").getEmptyDir().getSizeLimit();
            Container node = node(pod);
            assertThat(volumes.get("memory").getEmptyDir().getMedium()).isEqualTo("Memory");
            assertThat(bytes(node.getResources().getLimits().get("memory")))
                    .isGreaterThan(bytes(shared) + (512L << 20));

            String secret = node.getEnv().stream()
                    .filter(each -> each.getName().equals("DDICT_SECRET_FILE"))
                    .map(EnvVar::getValue).findFirst().orElseThrow();
            assertThat(Path.of(secret)).hasParentRaw(
                    Path.of(mount(node, "secret").getMountPath()));
            // What ClusterSecret takes from root: at most rw-r-----, and Kubernetes adds r for the group.
            assertThat(volumes.get("secret").getSecret().getDefaultMode() & ~0640).isZero();
            assertThat(pod.getSecurityContext().getFsGroup())
                    .isEqualTo(pod.getSecurityContext().getRunAsGroup());
            assertThat(node.getStartupProbe().getExec().getCommand().getLast())
                    .contains("/dev/shm/ddict-" + pod.getSecurityContext().getRunAsUser()
                            + "/ddict/.lease");
        }
        assertThat(job().getSpec().getTemplate().getSpec().getContainers().getFirst()
                .getVolumeMounts()).map(VolumeMount::getName).doesNotContain("secret");
    }

    @Test
    void runsAnExampleThatIsThere() throws IOException {
        PodSpec pod = job().getSpec().getTemplate().getSpec();
        assertThat(pod.getInitContainers().getFirst().getRestartPolicy()).isEqualTo("Always");
        assertThat(pod.getRestartPolicy()).isEqualTo("Never");
        List<String> command = pod.getContainers().getFirst().getCommand();
        String program = command.get(command.size() - 2);
        assertThat(ROOT.resolve("pool/src/examples/java")
                .resolve(program.replace('.', '/') + ".java")).exists();
    }

    private static Container node(PodSpec pod) {
        return Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream())
                .filter(each -> each.getName().equals("node"))
                .findFirst().orElseThrow();
    }

    private static VolumeMount mount(Container container, String name) {
        return container.getVolumeMounts().stream()
                .filter(each -> each.getName().equals(name))
                .findFirst().orElseThrow();
    }

    private static long bytes(Quantity quantity) {
        return Quantity.getAmountInBytes(quantity).longValueExact();
    }
}
