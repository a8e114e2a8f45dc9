// demo_container.cpp - a throw-away container without a shell, made of plain namespaces.
#include "attach/demo_container.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace limpet::attach {
namespace {

constexpr unsigned nobody = 65532;  // as the distroless images have it

struct File {
    const char* path;
    std::string_view text;
};
constexpr File files[] = {
    {"etc/passwd",
     "root:x:0:0:root:/root:/sbin/nologin\n"
     "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"},
    {"etc/group", "root:x:0:\nnonroot:x:65532:\n"},
    {"etc/os-release", "NAME=\"limpet demo\"\nID=limpet-demo\nPRETTY_NAME=\"No shell in here\"\n"},
    {"etc/hosts", "127.0.0.1 localhost demo\n"},
    {"data/orders.csv",
     "id,customer,total\n1,ada,12.50\n2,grace,7.20\n3,linus,99.00\n4,ada,3.10\n"},
};

Result<> write_file(const File& file) {
    const Fd fd(::open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd || ::write(fd.get(), file.text.data(), file.text.size()) < 0) {
        return failed("write", file.path);
    }
    return {};
}

// The only program there: a copy of ourselves, which is static and needs nothing else.
Result<> copy_program(const Fd& program) {
    const Fd copy(::open("app", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755));
    struct stat status{};
    if (!copy || ::fstat(program.get(), &status) != 0) return failed("create", "/app");
    off_t at = 0;
    while (at < status.st_size) {
        if (::sendfile(copy.get(), program.get(), &at,
                       static_cast<std::size_t>(status.st_size - at)) <= 0) {
            return failed("copy", "/app");
        }
    }
    return {};
}

Result<> mount(const char* source, const char* target, const char* type, unsigned long flags,
               const char* data = nullptr) {
    if (::mount(source, target, type, flags, data) != 0) return failed("mount", target);
    return {};
}

// A tree of its own on a tmpfs. It is mounted over /tmp of the new mount namespace: nobody outside
// sees it and nothing is left behind on a disk.
Result<> change_root(const Fd& program) {
    TRY(mount("none", "/", nullptr, MS_REC | MS_PRIVATE));
    TRY(mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m"));
    if (::chdir("/tmp") != 0) return failed("chdir", "/tmp");
    for (const char* directory : {"etc", "data", "proc"}) {
        if (::mkdir(directory, 0755) != 0) return failed("mkdir", directory);
    }
    for (const auto& file : files) TRY(write_file(file));
    TRY(copy_program(program));
    TRY(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC));
    // The new root on top of the old one, then the old one away: pivot_root(2), "NOTES".
    if (::syscall(SYS_pivot_root, ".", ".") != 0) return failed("pivot_root", "/tmp");
    if (::umount2(".", MNT_DETACH) != 0) return failed("umount", "the old root");
    if (::chdir("/") != 0) return failed("chdir", "/");
    return mount("tmpfs", "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV);
}

// Opened here and handed on, so that the container is ready when its program starts.
Result<Fd> listen_on_loopback() {
    Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
    if (!socket) return failed("socket", "");
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP | IFF_RUNNING;
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &loopback) != 0) return failed("set up", "lo");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(8080);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket.get(), 16) != 0) {
        return failed("listen", "127.0.0.1:8080");
    }
    return socket;
}

Result<> drop_privileges() {
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
        if (::prctl(PR_CAPBSET_DROP, capability) != 0) return failed("drop", "a capability");
    }
    // Leaving uid 0 clears the other sets; capabilities(7).
    if (::setgroups(0, nullptr) != 0 || ::setresgid(nobody, nobody, nobody) != 0 ||
        ::setresuid(nobody, nobody, nobody) != 0) {
        return failed("become", "uid 65532");
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("prctl", "no_new_privs");
    return {};
}

Result<> become_container(const Fd& program, const Fd& alive) {
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) return failed("open", "/dev/null");
    if (::sethostname("demo", 4) != 0) return failed("sethostname", "demo");
    TRY(change_root(program));
    auto socket = TRY(listen_on_loopback());
    TRY(drop_privileges());
    // After the change of uid, which clears it; then the parent says that it still lives, for it
    // may have died before.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return failed("prctl", "PDEATHSIG");
    char go = 0;
    if (::read(alive.get(), &go, 1) != 1) ::_exit(1);
    if (::dup2(socket.get(), 3) != 3) return failed("dup", "the listening socket");
    for (const int fd : {0, 1, 2}) ::dup2(null.get(), fd);
    ::fcntl(3, F_SETFD, 0);
    const char* arguments[] = {"/app", "demo-app", nullptr};
    const char* environment[] = {"PATH=/", "HOME=/home/nonroot", "APP_MODE=production",
                                 "APP_PORT=8080", nullptr};
    ::execve("/app", const_cast<char* const*>(arguments), const_cast<char* const*>(environment));
    return failed("execve", "/app");
}

[[noreturn]] void run_child(const Fd& program, const Fd& alive, const Fd& report) {
    ::setsid();
    // Everything but the four of them, also what the shell that started us left open.
    for (const int fd : {program.get(), alive.get(), report.get()})
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    if (const auto done = become_container(program, alive); !done) {
        const auto why = text(done.error());
        (void)!::write(report.get(), why.data(), why.size());
    }
    ::_exit(1);
}

}  // namespace

Result<DemoContainer> DemoContainer::start() {
    if (::geteuid() != 0) {
        return refused("make a container", "namespaces and mounts need root", "sudo limpet demo");
    }
    const Fd program(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    int alive[2], report[2];
    if (!program || ::pipe2(alive, O_CLOEXEC) != 0) return failed("pipe", "");
    Fd alive_read(alive[0]), alive_write(alive[1]);
    if (::pipe2(report, O_CLOEXEC) != 0) return failed("pipe", "");
    Fd report_read(report[0]), report_write(report[1]);

    clone_args arguments{};
    arguments.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
    arguments.exit_signal = SIGCHLD;
    DemoContainer container;
    container.pid_ = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
    if (container.pid_ < 0) return failed("clone3", "with new namespaces");
    if (container.pid_ == 0) {
        alive_write.reset();
        report_read.reset();
        run_child(program, alive_read, report_write);
    }
    report_write.reset();
    alive_read.reset();
    if (::write(alive_write.get(), "g", 1) != 1) return failed("write", "to the container");
    // Closed by execve, or holds the reason.
    char why[512];
    const auto size = ::read(report_read.get(), why, sizeof why);
    if (size != 0) {
        return refused(
            "make a container",
            size > 0 ? std::string_view(why, static_cast<std::size_t>(size)) : "it died");
    }
    return container;
}

DemoContainer::DemoContainer(DemoContainer&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)) {}

// Its process is the init of the pid namespace, so whatever else runs in there dies with it.
DemoContainer::~DemoContainer() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

int run_demo_application() {
    // Kept open, to be seen among the descriptors.
    [[maybe_unused]] const int data = ::open("/data/orders.csv", O_RDONLY);
    constexpr std::string_view answer =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 27\r\n"
        "Connection: close\r\n\r\nhello from a bare container";
    for (;;) {
        const Fd peer(::accept(3, nullptr, nullptr));
        if (!peer && errno != EINTR && errno != ECONNABORTED) return 1;
        if (!peer) continue;
        // One that asks nothing does not keep the next one waiting for long.
        const timeval patience{2, 0};
        ::setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        char request[4096];
        if (::recv(peer.get(), request, sizeof request, 0) > 0) {
            (void)!::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        }
    }
}

}  // namespace limpet::attach
