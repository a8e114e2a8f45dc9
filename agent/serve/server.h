// serve/server.h - what all connections share: the event loop, the program, the children.
#pragma once

#include "limpet/result.h"
#include "serve/ledger.h"
#include "serve/peer.h"
#include "serve/program.h"
#include "serve/wait.h"

#include <sys/types.h>

#include <list>
#include <memory>
#include <string>
#include <unordered_map>

namespace limpet::serve {

class Connection;
class Session;

class Server {
public:
    explicit Server(Program program);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // A connection on these two descriptors, which may be two of one socket.
    Result<> accept(Fd in, Fd out, Peer peer);
    // Accepts on a listening socket until the end.
    Result<> listen(Fd socket);
    // Until end() and the last connection has gone.
    Result<> run();
    // No new connections. `at_once`: as if every peer had gone; else when they are done.
    void end(bool at_once);

    // From now on every session is kept there, and none begins that cannot be.
    void keep_records(std::unique_ptr<Ledger> ledger) { ledger_ = std::move(ledger); }
    [[nodiscard]] Ledger* ledger() { return ledger_.get(); }

    // The wait status of `pid` goes to `session`, until then or forget().
    void watch(pid_t pid, Session& session) { children_[pid] = &session; }
    void forget(pid_t pid) { children_.erase(pid); }

    // Of a session; none that is there has it.
    std::string new_name();

    [[nodiscard]] Executor executor() { return context_.get_executor(); }
    [[nodiscard]] const Program& program() const { return program_; }

private:
    Task<> reap();
    Task<> obey_signals();
    Task<> accept_all(Descriptor socket);
    void accept_one(Fd socket);
    void stop_when_done();

    asio::io_context context_{1};
    Program program_;
    std::unique_ptr<Ledger> ledger_;
    std::list<std::unique_ptr<Connection>> connections_;
    std::unordered_map<pid_t, Session*> children_;
    bool ending_ = false;
};

}  // namespace limpet::serve
