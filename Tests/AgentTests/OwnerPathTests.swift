// SPDX-License-Identifier: Apache-2.0
import Testing
import Traffic

@testable import Agent

/// Paths as kernels show them, and whose they are.
struct OwnerPathTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var path: String
        var kind: Owner.Kind
        var namespace: String
        var pod: String
        var containerID = ""
        var testDescription: String { path }
    }

    static let id = "3f6f3b1de6a4a5f7c1d4d9b3e2a1908f7e6d5c4b3a29181706f5e4d3c2b1a0f9"
    static let uid = "8d2f4c1e-0b6a-4f3d-9c55-1e2d3c4b5a69"
    static let slicedUID = "8d2f4c1e_0b6a_4f3d_9c55_1e2d3c4b5a69"
    static let staticUID = "0123456789abcdef0123456789abcdef"

    static let pods: [Case] = {
        let besteffort = "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod\(slicedUID).slice"
        let burstable = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(slicedUID).slice"
        let guaranteed = "/kubepods.slice/kubepods-pod\(slicedUID).slice"
        let kubelet = "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice"
        func pod(_ path: String, _ container: String = id, uid: String = uid) -> Case {
            Case(path: path, kind: .pod, namespace: "", pod: uid, containerID: container)
        }
        return [
            // systemd driver
            pod("\(burstable)/cri-containerd-\(id).scope"),
            pod("\(besteffort)/cri-containerd-\(id).scope"),
            pod("\(guaranteed)/cri-containerd-\(id).scope"),
            pod("\(guaranteed)/crio-\(id).scope"),
            pod("\(burstable)/crio-\(id).scope/container"),
            pod("\(burstable)/crio-conmon-\(id).scope", ""),
            pod("\(besteffort)/docker-\(id).scope"),
            pod("\(burstable)/libpod-\(id).scope"),
            pod("\(burstable)", ""),
            pod("/kubepods.slice/kubepods-pod\(staticUID).slice/cri-containerd-\(id).scope", uid: staticUID),
            // cgroupfs driver
            pod("/kubepods/burstable/pod\(uid)/\(id)"),
            pod("/kubepods/besteffort/pod\(uid)/\(id)"),
            pod("/kubepods/pod\(uid)/\(id)"),
            pod("/kubepods/pod\(uid)", ""),
            pod("/kubepods/burstable/pod\(uid)/crio-\(id)"),
            pod("/kubepods/burstable/pod\(staticUID)/\(id)", uid: staticUID),
            // kind, and kubelets below a cgroup of their own
            pod("\(kubelet)/kubelet-kubepods-burstable-pod\(slicedUID).slice/cri-containerd-\(id).scope"),
            pod("/kubelet/kubepods/besteffort/pod\(uid)/\(id)"),
            pod("/docker/\(staticUID)/kubelet/kubepods/burstable/pod\(uid)/\(id)"),
            pod(
                "/system.slice/docker-\(id).scope\(kubelet)/kubelet-kubepods-burstable-pod\(slicedUID).slice"
                    + "/cri-containerd-\(id).scope"
            ),
            pod("/my-kube.slice/my-kube-kubepods.slice/my-kube-kubepods-pod\(slicedUID).slice/crio-\(id).scope"),
            pod(
                "/machine.slice/libpod-\(id).scope/container\(kubelet)/kubelet-kubepods-burstable-pod\(slicedUID).slice"
                    + "/cri-containerd-\(id).scope"
            ),
            pod("/docker/\(staticUID)/kubepods/besteffort/pod\(uid)/\(id)"),
            pod(
                "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod\(staticUID).slice/cri-containerd-\(id).scope",
                uid: staticUID
            ),
            // A kubelet in a user's own manager, and one whose parent has the word in its name.
            pod(
                "/user.slice/user-1000.slice/user@1000.service/k3s-rootless.service/kubepods/burstable/pod\(uid)/\(id)"
            ),
            pod(
                "/my-kubepods.slice/my-kubepods-kubepods.slice/my-kubepods-kubepods-besteffort.slice"
                    + "/my-kubepods-kubepods-besteffort-pod\(slicedUID).slice/crio-\(id).scope"
            ),
            // containerd with cgroupfs names below a kubelet with systemd's
            pod("/system.slice/containerd.service/kubepods-burstable-pod\(slicedUID).slice:cri-containerd:\(id)"),
            pod("/kubepods-pod\(slicedUID).slice:cri-containerd:\(id)"),
            pod("/kubepods-besteffort-pod\(staticUID).slice:cri-containerd:\(id)", uid: staticUID),
            pod("/kubepods-burstable-pod\(slicedUID).slice:crio:\(id)"),
            pod("/system.slice/docker.service/kubepods-burstable-pod\(slicedUID).slice:docker:\(id)"),
            // Docker below a kubelet with cgroupfs; CRI-O's monitor with cgroupfs; a level that is spelled out
            pod("/kubepods/pod\(staticUID)/\(id)", uid: staticUID),
            pod("/kubepods/besteffort/pod\(uid)/crio-conmon-\(id)", ""),
            pod("/kubepods/guaranteed/pod\(uid)/\(id)"),
            // What a container makes for itself is the pod's, a nested Docker included.
            pod("\(burstable)/cri-containerd-\(id).scope/init.scope"),
            pod("/kubepods/burstable/pod\(uid)/\(id)/docker/\(staticUID)"),
            pod("/kubepods/burstable/pod\(uid)/\(id)/kubelet/kubepods/pod\(staticUID)/\(id)"),
        ]
    }()

    static let containers: [Case] = {
        func container(_ path: String, _ runtime: String, _ id: String = id) -> Case {
            Case(path: path, kind: .container, namespace: runtime, pod: id, containerID: id)
        }
        return [
            container("/system.slice/docker-\(id).scope", "docker"),
            container("/docker/\(id)", "docker"),
            container("/docker/\(id)/init", "docker"),
            container("/system.slice/docker-\(id).scope/system.slice/nginx.service", "docker"),
            container("/machine.slice/libpod-\(id).scope/container", "podman"),
            container("/machine.slice/machine-libpod_pod_\(id).slice/libpod-\(id).scope/container", "podman"),
            container("/machine.slice/libpod_pod_\(id).slice/libpod-\(id).scope", "podman"),
            container("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id).scope", "podman"),
            container("/libpod_parent/libpod-\(id)", "podman"),
            container("/system.slice/crio-\(id).scope", "cri-o"),
            container("/system.slice/cri-containerd-\(id).scope", "containerd"),
            container("/system.slice/nerdctl-\(id).scope", "containerd"),
            container("/lxc.payload.web/system.slice/nginx.service", "lxc", "web"),
            container("/lxc/web", "lxc", "web"),
        ]
    }()

    static let units: [Case] = {
        func unit(_ path: String, _ slice: String, _ name: String) -> Case {
            Case(path: path, kind: .unit, namespace: slice, pod: name)
        }
        return [
            unit("/system.slice/nginx.service", "system.slice", "nginx.service"),
            unit("/system.slice/nginx.service/worker", "system.slice", "nginx.service"),
            unit("/system.slice/system-getty.slice/getty@tty1.service", "system-getty.slice", "getty@tty1.service"),
            unit(
                #"/system.slice/system-systemd\x2dfsck.slice/systemd-fsck@dev-disk-by\x2duuid-12.service"#,
                #"system-systemd\x2dfsck.slice"#,
                #"systemd-fsck@dev-disk-by\x2duuid-12.service"#
            ),
            unit("/init.scope", "-.slice", "init.scope"),
            unit("/user.slice/user-1000.slice/session-3.scope", "user-1000.slice", "session-3.scope"),
            unit(
                "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-firefox-41.scope",
                "user-1000.slice",
                "app-gnome-firefox-41.scope"
            ),
            unit(
                #"/user.slice/user-1000.slice/user@1000.service/app.slice/app-dbus\x2d1.2.slice/dbus-1@2.service"#,
                "user-1000.slice",
                "dbus-1@2.service"
            ),
            unit(
                "/user.slice/user-1000.slice/user@1000.service/init.scope",
                "user-1000.slice",
                "init.scope"
            ),
            unit("/user.slice/user-0.slice/user@0.service", "user-0.slice", "user@0.service"),
            unit("/user.slice/user-0.slice/user@0.service/app.slice", "user-0.slice", "user@0.service"),
            unit("/user.slice/user-0.slice/user@0.service/own/x.service", "user-0.slice", "user@0.service"),
            unit("/system.slice/_cpu.service", "system.slice", "cpu.service"),
            unit(#"/machine.slice/machine-qemu\x2d1\x2dvm.scope"#, "machine.slice", #"machine-qemu\x2d1\x2dvm.scope"#),
            unit(
                "/machine.slice/systemd-nspawn@web.service/payload/system.slice/nginx.service",
                "machine.slice",
                "systemd-nspawn@web.service"
            ),
            unit("/machine.slice/libpod-conmon-\(id).scope", "machine.slice", "libpod-conmon-\(id).scope"),
            // Runtimes and their monitors are units like any other.
            unit("/system.slice/crio-conmon-\(id).scope", "system.slice", "crio-conmon-\(id).scope"),
            unit("/system.slice/containerd.service", "system.slice", "containerd.service"),
            unit("/runtime.slice/kubelet.service", "runtime.slice", "kubelet.service"),
            unit("/system.slice/tmp.mount", "system.slice", "tmp.mount"),
            unit("/system.slice/docker-proxy.service", "system.slice", "docker-proxy.service"),
        ]
    }()

    static let others: [Case] = {
        func other(_ path: String, _ parent: String, _ name: String) -> Case {
            Case(path: path, kind: .cgroup, namespace: parent, pod: name)
        }
        return [
            other("/", "/", "/"),
            other("/netledger-test", "/", "netledger-test"),
            other("/a/b/c", "/a/b", "c"),
            other("/a/b.service", "/a", "b.service"),
            other("/system.slice", "/", "system.slice"),
            other("/system.slice/.service", "/system.slice", ".service"),
            other("/openrc.nginx", "/", "openrc.nginx"),
            other("/docker/buildkit", "/docker", "buildkit"),
            other("/kubepods.slice/kubepods-burstable.slice", "/kubepods.slice", "kubepods-burstable.slice"),
            other("/kubepods", "/", "kubepods"),
            other("/kubepods/burstable", "/kubepods", "burstable"),
            other(
                "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice",
                "/kubelet.slice/kubelet-kubepods.slice",
                "kubelet-kubepods-besteffort.slice"
            ),
            other("/kubepods/burstable/pod a/x", "/kubepods/burstable/pod a", "x"),
            other("/kubepods/burstable/pod", "/kubepods/burstable", "pod"),
            other("/notkubepods/pod\(uid)", "/notkubepods", "pod\(uid)"),
            other(
                "/xkubepods.slice/xkubepods-pod\(slicedUID).slice",
                "/xkubepods.slice",
                "xkubepods-pod\(slicedUID).slice"
            ),
        ]
    }()

    @Test(arguments: pods + containers + units + others)
    func isNamed(_ example: Case) {
        let owner = Owner(cgroupID: 42, path: example.path)
        #expect(
            owner
                == Owner(
                    kind: example.kind,
                    cgroupID: 42,
                    namespace: example.namespace,
                    pod: example.pod,
                    podUID: example.kind == .pod ? example.pod : "",
                    containerID: example.containerID,
                    cgroupPath: example.path
                )
        )
    }

    @Test func everyNameFitsTheWire() throws {
        let long = String(repeating: "ü", count: 900)
        let paths = [
            "/\u{1b}[2J\u{7}", "/a\u{85}b", "/" + long, "/\(long)/\(long)/\(long)/x", "/\(long).slice/\(long).service",
        ]
        var batch = FlowBatch(
            source: AgentIdentity.test.source,
            sequence: 1,
            interval: Interval(start: newYear, end: newYear + 1)
        )
        batch.owners = paths.map { Owner(cgroupID: 1, path: $0) }
        #expect(try PackedBatch(batch).sequence == 1)
        #expect(batch.owners[0].pod == "\u{fffd}[2J\u{fffd}")
    }

    @Test func longNamesStayDifferent() {
        let long = String(repeating: "n", count: 2000)
        let first = OwnerText.name(long + "1")
        let second = OwnerText.name(long + "2")
        #expect(first != second)
        #expect(first.utf8.count <= 1024 && first.hasPrefix("nnnn"))
    }
}
