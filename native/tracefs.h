// Where tracefs can be read, also on machines where nobody mounted it.
#pragma once

#include <string>

namespace probepipe {

// A mounted instance, or one mounted for this process alone, which lives as long as the process does. No slash at the end.
std::string TracefsPath();

}  // namespace probepipe
