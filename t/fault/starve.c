/*
 * Linked into a git-vault of its own, t/fault/starved/git-vault, this lets one place
 * of the program that asks for memory get none, once. A place is a chain of callers,
 * so that a function that many call is many places; each counts when it first asks.
 * What the libraries ask for themselves does not count.
 *
 *	GV_FAULT=memory:N	the N-th place gets none
 *	GV_FAULT=places:0	nothing happens
 *	GV_FAULT_COUNT=FILE	a line is appended to FILE for each place; needed
 */
#include "count.h"

#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH  8       /* callers that make a place */
#define OWN    3       /* frames in this file */
#define PLACES 0x10000 /* more than a program has */

static _Atomic uint64_t places[PLACES]; /* a hash table without pointers */
static const char *file;
static long wanted; /* 0: none */
static atomic_bool is_on;
static _Thread_local bool is_busy; /* here already: what this needs itself */

/* The first backtrace() loads a library. */
__attribute__((constructor)) static void
begin(void)
{
	const char *set = getenv("GV_FAULT");
	void *frames[1];

	file = getenv("GV_FAULT_COUNT");
	if (set == NULL || file == NULL)
		return;
	if (strncmp(set, "memory:", 7) == 0)
		wanted = strtol(set + 7, NULL, 10);
	else if (strncmp(set, "places:", 7) != 0)
		return;
	is_busy = true;
	backtrace(frames, 1);
	is_busy = false;
	is_on = true;
}

/* Where it was loaded; 0 where it is bound to its address. */
static uintptr_t
start_of_program(void)
{
#ifdef __PIE__
	extern const char __ehdr_start;

	return (uintptr_t)&__ehdr_start;
#else
	return 0;
#endif
}

/* The callers as a number, and the first of them in `name`, as addr2line takes
 * them. */
static __attribute__((noinline)) uint64_t
place_of(char name[64])
{
	void *frames[OWN + DEPTH];
	const int n = backtrace(frames, OWN + DEPTH);
	uint64_t hash = 14695981039346656037u;
	size_t len = 0;
	int i;

	for (i = OWN; i < n; i++) {
		const uintptr_t at = (uintptr_t)frames[i];

		hash = (hash ^ at) * 1099511628211u;
		if (len < 44)
			len += (size_t)snprintf(name + len, 64 - len, "%lx ",
			    (unsigned long)(at - start_of_program()));
	}
	return hash | 1;
}

/* Whether a place was not seen before. */
static bool
is_new(uint64_t place)
{
	size_t i = place % PLACES;
	uint64_t was;

	for (;; i = (i + 1) % PLACES) {
		was = 0;
		if (atomic_compare_exchange_strong(&places[i], &was, place))
			return true;
		if (was == place)
			return false;
	}
}

/* RE2 is C++, which ends a program that gets no memory. */
static bool
is_new_of_cpp(const void *caller)
{
	extern void *_Znwm(size_t);

	return (uintptr_t)caller - (uintptr_t)_Znwm < 128;
}

static __attribute__((noinline)) bool
gets_none(const char *call, const void *caller)
{
	char name[64] = "";
	bool none = false;

	if (!is_on || is_busy || is_new_of_cpp(caller))
		return false;
	is_busy = true;
	if (is_new(place_of(name)))
		none = count_call(file, call, name) == wanted;
	is_busy = false;
	if (none)
		errno = ENOMEM;
	return none;
}

/* The linker puts these in place of the real ones. */
#define WRAP(type, name, params, args)                                         \
	type __real_##name params;                                             \
	__attribute__((noinline)) type __wrap_##name params;                   \
	type __wrap_##name params                                              \
	{                                                                      \
		return gets_none(#name, __builtin_return_address(0))           \
		    ? NULL                                                     \
		    : __real_##name args;                                      \
	}

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t n, size_t size), (n, size))
WRAP(void *, realloc, (void *p, size_t size), (p, size))
WRAP(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(char *, strndup, (const char *text, size_t most), (text, most))
WRAP(void *, sodium_malloc, (size_t size), (size))
