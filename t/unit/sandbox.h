#ifndef SANDBOX_H
#define SANDBOX_H
/*
 * A repository of its own for each test, and git and the shell run in it.
 * Also numbers that look random and are the same in every run.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"
#include "repo/repo.h"

struct sandbox {
	char *dir, *objects;
	struct gv_repo repo; /* objects_dir and partial only */
	struct gv_buf out;   /* what the last command printed */
};

/* For cmocka_unit_test_setup_teardown(). */
int sandbox_setup(void **state);
int sandbox_teardown(void **state);

/* Run a line of shell in the repository; the test fails unless it exits with
 * 0. What it printed, without the last newline; lives until the next call. */
const char *sh(struct sandbox *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, but its exit status is returned and may be anything. */
int sh_status(struct sandbox *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Make `path` (relative) with these bytes. */
void
put_file(struct sandbox *s, const char *path, const void *data, size_t len);

/* The id that the last command printed. */
struct gv_oid oid_of_output(const struct sandbox *s);

/* The next number of a sequence. */
uint32_t next_number(uint64_t *state);

/* Lines of text as configuration files have them. */
void add_text(struct gv_buf *b, uint64_t *state, size_t len);

#endif
