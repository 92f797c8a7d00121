#include "sys/dynlib.h"

#include <dlfcn.h>
#include <pthread.h>
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

enum { UNKNOWN, LOADED, ABSENT };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

bool
gv_dynlib_load_once(gv_dynlib_once *once, const char *const *names,
    size_t n_names, const struct gv_dynlib_symbol *symbols, size_t n_symbols)
{
	int is = atomic_load_explicit(once, memory_order_acquire);

	if (is != UNKNOWN)
		return is == LOADED;
	pthread_mutex_lock(&lock);
	is = atomic_load_explicit(once, memory_order_relaxed);
	if (is == UNKNOWN) {
		is = gv_dynlib_load(names, n_names, symbols, n_symbols)
		    ? LOADED
		    : ABSENT;
		atomic_store_explicit(once, is, memory_order_release);
	}
	pthread_mutex_unlock(&lock);
	return is == LOADED;
}
