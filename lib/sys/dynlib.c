#include "sys/dynlib.h"

#include <dlfcn.h>
#include <string.h>

static bool
find_all(void *library, const struct gv_dynlib_symbol *symbols, size_t n)
{
	void *found;
	size_t i;

	for (i = 0; i < n; i++) {
		found = dlsym(library, symbols[i].name);
		if (found == NULL)
			return false;
		/* C has no cast from an object to a function */
		memcpy(symbols[i].function, &found, sizeof(found));
	}
	return true;
}

bool
gv_dynlib_load(const char *const *names, size_t n_names,
    const struct gv_dynlib_symbol *symbols, size_t n_symbols)
{
	void *library;
	size_t i;

	for (i = 0; i < n_names; i++) {
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
		if (library && find_all(library, symbols, n_symbols))
			return true;
		if (library)
			dlclose(library);
	}
	return false;
}
