#include "sys/dynlib.h"

#include <pthread.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#ifdef _WIN32

/* From the folder of the program or of the system: never from the folder that
 * the program was started in, or from PATH. */
static void *
load(const char *name)
{
	return LoadLibraryExA(name, NULL, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
}

static void *
find(void *library, const char *symbol)
{
	FARPROC found = GetProcAddress(library, symbol);
	void *p;

	/* C has no cast from a function to an object */
	memcpy(&p, &found, sizeof(p));
	return p;
}

static void
unload(void *library)
{
	FreeLibrary(library);
}

#else

static void *
load(const char *name)
{
	return dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

static void *
find(void *library, const char *symbol)
{
	return dlsym(library, symbol);
}

static void
unload(void *library)
{
	dlclose(library);
}

#endif

static bool
find_all(void *library, const struct gv_dynlib_symbol *symbols, size_t n)
{
	void *found;
	size_t i;

	for (i = 0; i < n; i++) {
		found = find(library, symbols[i].name);
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
		library = load(names[i]);
		if (library && find_all(library, symbols, n_symbols))
			return true;
		if (library)
			unload(library);
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
