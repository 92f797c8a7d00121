#ifndef GV_DYNLIB_H
#define GV_DYNLIB_H
/*
 * A library that is loaded when it is needed, so that who never needs it need
 * not have it.
 *
 *	const struct gv_dynlib_symbol symbols[] = {
 *		{ &lib->easy_init, "curl_easy_init" }, …
 *	};
 *	if (gv_dynlib_load(names, n_names, symbols, n_symbols)) …
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct gv_dynlib_symbol {
	void *function; /* the pointer to a function that is to be set */
	const char *name;
};

/* Load the first library of these names that has all of the symbols, for as
 * long as the process lives: threads of it may end late. False: there is none,
 * and what the pointers are is not defined. */
bool gv_dynlib_load(const char *const *names, size_t n_names,
    const struct gv_dynlib_symbol *symbols, size_t n_symbols);

/* Whether a library was loaded; it begins as zero. */
typedef atomic_int gv_dynlib_once;

/* The same at the first call with this `once`, from any thread; then its
 * result. */
bool gv_dynlib_load_once(gv_dynlib_once *once, const char *const *names,
    size_t n_names, const struct gv_dynlib_symbol *symbols, size_t n_symbols);

#endif
