// The program: hands the command line to the CLI. Nothing is decided here.
#include "gateway/cli.hpp"

int main(int argc, char** argv) { return baton::run_cli(argc, argv); }
