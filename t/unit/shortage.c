/* Calls for memory that fail: the linker puts these in place of the real ones.
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include <cre2.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "schema/pattern.h"
#include "unit/shortage.h"

/* Which call fails, and how many there were; so many are not given back. */
static struct {
	bool is_on;
	size_t which, seen;
	long held;
} memory;

static bool
is_none_left(void)
{
	return memory.is_on && memory.seen++ == memory.which;
}

static void *
held(void *p)
{
	memory.held += memory.is_on && p != NULL;
	return p;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__real_gv_arena_alloc(struct gv_arena *a, size_t size);
char *__real_gv_arena_copy(struct gv_arena *a, const void *data, size_t len);
cre2_options_t *__real_cre2_opt_new(void);
void __real_cre2_opt_delete(cre2_options_t *opt);
cre2_regexp_t *
__real_cre2_new(const char *pattern, int length, const cre2_options_t *opt);
void __real_cre2_delete(cre2_regexp_t *re);
bool __real_gv_pattern_matches(
    const struct gv_pattern *p, const char *text, size_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);
void *__wrap_gv_arena_alloc(struct gv_arena *a, size_t size);
char *__wrap_gv_arena_copy(struct gv_arena *a, const void *data, size_t len);
cre2_options_t *__wrap_cre2_opt_new(void);
void __wrap_cre2_opt_delete(cre2_options_t *opt);
cre2_regexp_t *
__wrap_cre2_new(const char *pattern, int length, const cre2_options_t *opt);
void __wrap_cre2_delete(cre2_regexp_t *re);
bool __wrap_gv_pattern_matches(
    const struct gv_pattern *p, const char *text, size_t len);

void *
__wrap_malloc(size_t size)
{
	return is_none_left() ? NULL : held(__real_malloc(size));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return is_none_left() ? NULL : held(__real_calloc(n, size));
}

void *
__wrap_realloc(void *p, size_t size)
{
	void *q;

	if (is_none_left())
		return NULL;
	q = __real_realloc(p, size);
	return p ? q : held(q);
}

void
__wrap_free(void *p)
{
	memory.held -= memory.is_on && p != NULL;
	__real_free(p);
}

/* Most of what an arena gives is in a block that it has already. */
void *
__wrap_gv_arena_alloc(struct gv_arena *a, size_t size)
{
	if (!is_none_left())
		return __real_gv_arena_alloc(a, size);
	(void)gv_err_nomem();
	return NULL;
}

char *
__wrap_gv_arena_copy(struct gv_arena *a, const void *data, size_t len)
{
	if (!is_none_left())
		return __real_gv_arena_copy(a, data, len);
	(void)gv_err_nomem();
	return NULL;
}

/* The engine is asked for an object, or has none. What it takes for itself is
 * not counted: RE2 ends the program where there is no memory. */
cre2_options_t *
__wrap_cre2_opt_new(void)
{
	const bool is_on = memory.is_on;
	cre2_options_t *opt;

	if (is_none_left())
		return NULL;
	memory.is_on = false;
	opt = __real_cre2_opt_new();
	memory.is_on = is_on;
	return opt;
}

void
__wrap_cre2_opt_delete(cre2_options_t *opt)
{
	const bool is_on = memory.is_on;

	memory.is_on = false;
	__real_cre2_opt_delete(opt);
	memory.is_on = is_on;
}

cre2_regexp_t *
__wrap_cre2_new(const char *pattern, int length, const cre2_options_t *opt)
{
	const bool is_on = memory.is_on;
	cre2_regexp_t *re;

	if (is_none_left())
		return NULL;
	memory.is_on = false;
	re = __real_cre2_new(pattern, length, opt);
	memory.is_on = is_on;
	return re;
}

void
__wrap_cre2_delete(cre2_regexp_t *re)
{
	const bool is_on = memory.is_on;

	memory.is_on = false;
	__real_cre2_delete(re);
	memory.is_on = is_on;
}

bool
__wrap_gv_pattern_matches(
    const struct gv_pattern *p, const char *text, size_t len)
{
	const bool is_on = memory.is_on;
	bool r;

	memory.is_on = false;
	r = __real_gv_pattern_matches(p, text, len);
	memory.is_on = is_on;
	return r;
}

/* ---- all of them --------------------------------------------------------- */

void
shortage_each(shortage_use *use, const void *ctx)
{
	struct gv_buf want = GV_BUF_INIT, out = GV_BUF_INIT;
	size_t i, n = SIZE_MAX;
	int r;

	assert_int_equal(use(&want, ctx), 0);
	for (i = 0; i < n; i++) {
		memory.which = i;
		memory.seen = 0;
		memory.held = 0;
		memory.is_on = true;
		r = use(&out, ctx);
		if (memory.seen <= i)
			n = i;
		memory.which = SIZE_MAX;
		if (r < 0)
			assert_int_equal(r, GV_ENOMEM);
		else
			assert_string_equal(out.p, want.p);
		gv_buf_release(&out);
		memory.is_on = false;
		assert_int_equal(memory.held, 0);
	}
	assert_true(n > 10);
	gv_buf_release(&want);
}
