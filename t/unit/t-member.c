/* lib/compress/member: what is packed comes back, what is damaged or claims too
 * much is refused, and nothing of it stays in memory that is given back. */
#include "unit/unit.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "compress/member.h"

#define MOST ((size_t)262144)

static const char canary[] = "a canary that sings";
/* or a compiler that knows free() would take it for unused */
static volatile bool is_watched;
static volatile unsigned seen, freed;

void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);
void *__wrap_calloc(size_t n, size_t size);
void __wrap_free(void *p);
void *__real_gv_pages_new(size_t size);
void __real_gv_pages_free(void *p, size_t size);
void *__wrap_gv_pages_new(size_t size);
void __wrap_gv_pages_free(void *p, size_t size);

static volatile bool out_of_memory;

void *
__wrap_calloc(size_t n, size_t size)
{
	return out_of_memory ? NULL : __real_calloc(n, size);
}

/* Looks for the canary in what is given back. */
void
__wrap_free(void *p)
{
	if (is_watched && p) {
		freed++;
		seen += memmem(p, malloc_usable_size(p), canary,
			    sizeof(canary) - 1) != NULL;
	}
	__real_free(p);
}

void *
__wrap_gv_pages_new(size_t size)
{
	return out_of_memory ? NULL : __real_gv_pages_new(size);
}

/* The kernel zeroes what is given back so. */
void
__wrap_gv_pages_free(void *p, size_t size)
{
	freed += is_watched;
	__real_gv_pages_free(p, size);
}

/* Text, or bytes that cannot be compressed. */
static unsigned char *
make(size_t len, bool is_random)
{
	unsigned char *p = malloc(len + 1);
	uint64_t seed = len;
	size_t i;

	assert_non_null(p);
	for (i = 0; i < len; i++) {
		seed = seed * 6364136223846793005U + 1442695040888963407U;
		p[i] = (unsigned char)(is_random ? seed >> 56
						 : 'a' + (seed >> 62));
	}
	return p;
}

static void
what_is_packed_comes_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 1024, 1025, 65536, 262144 };
	struct gv_member *m = gv_member_new();
	unsigned char *p, *packed, *again;
	size_t i, bound, used, other, size;

	(void)state;
	assert_non_null(m);
	for (i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t len = sizes[i / 2];

		p = make(len, i % 2);
		bound = gv_member_bound(len);
		packed = malloc(bound);
		again = malloc(bound);
		assert_true(packed && again);
		assert_int_equal(
		    gv_member_pack(m, packed, bound, &used, p, len), 0);
		assert_true(used <= bound && gv_member_is(packed, used));
		/* no flags, no time */
		assert_memory_equal(packed + 2, "\010\0\0\0\0\0", 6);
		assert_int_equal(
		    gv_member_pack(m, again, bound, &other, p, len), 0);
		assert_int_equal(used, other);
		assert_memory_equal(packed, again, used);
		assert_int_equal(gv_member_size(&size, packed, used, MOST), 0);
		assert_int_equal(size, len);
		assert_int_equal(
		    gv_member_unpack(m, again, size, packed, used), 0);
		assert_memory_equal(again, p, len);
		free(p);
		free(packed);
		free(again);
	}
	gv_member_free(m);
	gv_member_free(NULL);
}

static void
what_is_damaged_is_refused(void **state)
{
	struct gv_member *m = gv_member_new();
	unsigned char *p = make(3000, false), packed[4000], out[4000];
	size_t used, size, i;

	(void)state;
	assert_int_equal(
	    gv_member_pack(m, packed, sizeof(packed), &used, p, 3000), 0);
	for (i = 10; i < used; i++) {
		packed[i] ^= 4;
		if (gv_member_size(&size, packed, used, sizeof(out)) == 0)
			assert_int_equal(
			    gv_member_unpack(m, out, size, packed, used),
			    GV_ECORRUPT);
		packed[i] ^= 4;
	}
	for (i = 0; i < used; i++)
		assert_int_equal(
		    gv_member_unpack(m, out, 3000, packed, i), GV_ECORRUPT);
	packed[used] = 0;
	assert_int_equal(
	    gv_member_unpack(m, out, 3000, packed, used + 1), GV_ECORRUPT);
	assert_int_equal(
	    gv_member_unpack(m, out, 2999, packed, used), GV_ECORRUPT);
	assert_int_equal(
	    gv_member_unpack(m, out, 3001, packed, used), GV_ECORRUPT);
	assert_int_equal(gv_member_unpack(m, out, 3000, packed, used), 0);
	assert_int_equal(
	    gv_member_size(&size, packed, used, 2999), GV_ECORRUPT);
	assert_message("claims 3000 bytes");
	assert_int_equal(gv_member_size(&size, packed, 17, MOST), GV_ECORRUPT);
	assert_int_equal(gv_member_pack(m, out, 20, &used, p, 3000), GV_ERROR);
	gv_member_free(m);
	free(p);
}

static void
nothing_of_it_stays(void **state)
{
	struct gv_member *m = gv_member_new();
	unsigned char *p = make(20000, true), packed[30000], out[20000];
	size_t used;

	(void)state;
	memcpy(p + 700, canary, sizeof(canary));
	assert_int_equal(
	    gv_member_pack(m, packed, sizeof(packed), &used, p, 20000), 0);
	assert_int_equal(gv_member_unpack(m, out, 20000, packed, used), 0);
	is_watched = true;
	gv_member_free(m);
	is_watched = false;
	assert_true(freed > 2); /* both that it works with, and m */
	assert_int_equal(seen, 0);
	/* and it would have been seen */
	is_watched = true;
	free(p);
	is_watched = false;
	assert_int_equal(seen, 1);
}

static void
memory_that_is_not_there_is_said(void **state)
{
	unsigned char byte = 7, out[100];
	struct gv_member *m;
	size_t used;

	(void)state;
	out_of_memory = true;
	m = gv_member_new();
	out_of_memory = false;
	assert_null(m);
	m = gv_member_new();
	out_of_memory = true;
	assert_int_equal(
	    gv_member_pack(m, out, 100, &used, &byte, 1), GV_ENOMEM);
	assert_int_equal(gv_member_unpack(m, out, 100, out, 100), GV_ENOMEM);
	out_of_memory = false;
	assert_int_equal(gv_member_pack(m, out, 100, &used, &byte, 1), 0);
	gv_member_free(m);
}

UNIT(member)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_comes_back),
		cmocka_unit_test(what_is_damaged_is_refused),
		cmocka_unit_test(nothing_of_it_stays),
		cmocka_unit_test(memory_that_is_not_there_is_said),
	};

	return UNIT_RUN(tests);
}
