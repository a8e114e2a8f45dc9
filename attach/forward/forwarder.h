// forward/forwarder.h - all connections of one limpet forward, over one connection to the agent.
//
// Session 1 is the agent's command `connect`, whose streams carry every connection as relay.h has
// it; a name that only the target can look up gets a session of its own for that.
#pragma once

#include "attach/connection.h"
#include "attach/endpoint.h"
#include "attach/forward/listener.h"
#include "attach/forward/socks.h"
#include "attach/log.h"
#include "attach/session.h"
#include "attach/signals.h"
#include "attach/sink.h"
#include "limpet/relay.h"

#include <deque>
#include <map>

namespace limpet::attach::forward {

struct Work {
    Open open;  // of the session; names the target
    std::vector<Spec> specs;
    std::vector<Place> socks;
    std::vector<Spec> reverse;  // `listen` is there, `to` is here
    std::string what;           // starts its messages: "forward web"
    bool json = false, quiet = false, verbose = false;
};

class Forwarder {
public:
    // Listens at once: what is in use is told before an agent is asked.
    static Result<Forwarder> prepare(const Work& work);
    // Until a signal, or until the session ends.
    Result<Ending> run(Link& link);

private:
    // From where it was accepted to what it is for.
    struct Local {
        Listener listener;
        Place to;
        bool socks;
    };
    struct Shaking {
        Fd socket;
        Socks socks;
        Clock::time_point end;
    };
    // One that the agent was asked for; kept until it is there.
    struct Asked {
        Fd socket;
        std::string where;
        bool socks;
    };
    struct Lookup {
        struct Waiting {
            Fd socket;
            std::uint16_t port;
            bool socks;
        };
        std::string name;
        std::vector<Waiting> waiting;
        std::string output = {}, errors = {};
    };
    // One of the target's that is being connected to a place of ours.
    struct Dial {
        std::uint32_t id;
        std::size_t reverse;
        std::size_t next;  // of the addresses
        Fd socket;
        Clock::time_point end;
    };

    explicit Forwarder(const Work& work) : work_(work) {}
    Result<Ending> converse();
    int patience();
    void prepare_poll();
    Result<> turn();
    Result<> read_agent();
    Result<> take(const Frame& frame);
    Result<> take_output(const Frame& frame);
    Result<> take_event(const Relay::Event& event);
    Result<> take_credit(const Relay::Event& event);
    Result<> take_exit(const Relay::Event& event);
    Result<> take_lookup(std::uint32_t session, const Frame& frame);
    void found(Lookup& lookup, bool well);
    void give_credit(Stream stream, std::uint64_t& received);
    void hand_over();

    void accept(std::size_t index, BorrowedFd socket);
    bool shake(Shaking& one);
    void begin(Fd socket, const Place& to, bool socks);
    void look_up(const std::string& name, Lookup::Waiting waiting);
    void open(Fd socket, const std::vector<std::string>& words, std::string where, bool socks);
    void turn_down(Fd socket, const std::string& why, int code, bool socks);
    Result<> ready();
    Result<> announce();
    void dial(std::uint32_t id, std::size_t reverse);
    // Whether it is over, well or not.
    bool dialled(Dial& dial, int code);
    void note(std::string_view text);
    [[nodiscard]] std::size_t count() const {
        return relay_.lines() + shaking_.size() + dials_.size() + asked_.size() + waiting_;
    }

    const Work& work_;
    std::deque<Local> locals_;
    std::optional<Connection> connection_;
    std::optional<Log> log_;
    std::optional<Signals> signals_;
    std::optional<Sink> error_;
    Relay relay_{Stream::in};
    std::vector<Shaking> shaking_;
    std::vector<Dial> dials_;
    std::map<std::uint32_t, Asked> asked_;
    std::map<std::uint32_t, Lookup> lookups_;
    std::map<std::uint32_t, std::size_t> listening_;  // ids of the target's listeners
    std::vector<std::uint16_t> reverse_ports_;
    std::size_t waiting_ = 0;  // for a look-up
    std::uint32_t last_id_ = 0;
    std::uint32_t last_accepted_ = 0;  // by the agent
    std::uint32_t last_session_ = 1;
    std::uint64_t credit_ = 0;
    bool greeted_ = false, running_ = false, announced_ = false;
    std::uint64_t received_ = 0, errors_received_ = 0;  // and not granted anew
    std::uint64_t allowed_ = limits::initial_credit, errors_allowed_ = limits::initial_credit;
    Clock::time_point accept_at_{};  // after it was refused: no descriptors are left
    std::optional<Exit> exit_;
    int signal_ = 0;
    std::vector<pollfd> polled_;
};

}  // namespace limpet::attach::forward
