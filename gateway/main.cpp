// The program: hands the command line to the CLI. Nothing is decided here.
#include "gateway/cli.hpp"

// Read by jemalloc where it is linked: memory that was given back goes to the system also while nobody allocates. Without it
// an idle server keeps a tenth of its memory for nothing. MALLOC_CONF in the environment has the last word.
extern "C" const char* malloc_conf;
const char* malloc_conf = "background_thread:true";

int main(int argc, char** argv) { return baton::run_cli(argc, argv); }
