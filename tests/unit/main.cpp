// main.cpp - the unit tests' entry point.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
    // Completion asks the client's own program for the targets, and here that is this one.
    if (argc > 1 && std::string_view(argv[1]) == "ps") {
        std::puts("{\"name\":\"web\"}\n{\"name\":\"db\"}");
        return 0;
    }
    return Catch::Session().run(argc, argv);
}
