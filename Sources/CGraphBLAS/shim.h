#include <GraphBLAS.h>
