/* lib/sys: an object that is replaced while many read it. */
#include "unit.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sys/shared.h"

#define READERS 4
#define SWAPS   2000

struct box {
	struct gv_share share;
	int value, twin; /* the same, until it is freed */
};

static atomic_int alive;
static struct gv_shared shared;
static atomic_bool ends;

static void
drop(struct gv_share *share)
{
	struct box *box = (struct box *)share;

	box->value = -1;
	atomic_fetch_sub(&alive, 1);
	free(box);
}

static struct gv_share *
new_box(int value)
{
	struct box *box = calloc(1, sizeof(*box));

	assert_non_null(box);
	gv_shared_init(&box->share, drop);
	box->value = box->twin = value;
	atomic_fetch_add(&alive, 1);
	return &box->share;
}

/* Whether each box was whole, and none older than the one before. */
static void *
read_boxes(void *arg)
{
	int last = 0, *good = arg;

	*good = 1;
	while (!atomic_load(&ends)) {
		struct box *box = (struct box *)gv_shared_get(&shared);

		if (box->value != box->twin || box->value < last)
			*good = 0;
		last = box->twin;
		gv_shared_put(&box->share);
	}
	return NULL;
}

static void
readers_see_whole_objects(void **state)
{
	pthread_t threads[READERS];
	int good[READERS], i;

	(void)state;
	gv_shared_swap(&shared, new_box(1));
	for (i = 0; i < READERS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, read_boxes, &good[i]), 0);
	for (i = 2; i < SWAPS; i++)
		gv_shared_swap(&shared, new_box(i));
	atomic_store(&ends, true);
	for (i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(good[i], 1);
	}
	assert_int_equal(atomic_load(&alive), 1);
	gv_shared_swap(&shared, NULL);
	assert_int_equal(atomic_load(&alive), 0);
	assert_null(gv_shared_get(&shared));
}

static void
the_last_reader_frees(void **state)
{
	struct gv_share *held;

	(void)state;
	gv_shared_swap(&shared, new_box(1));
	held = gv_shared_get(&shared);
	gv_shared_hold(held);
	gv_shared_swap(&shared, new_box(2));
	assert_int_equal(atomic_load(&alive), 2);
	gv_shared_put(held);
	assert_int_equal(((struct box *)held)->value, 1);
	gv_shared_put(held);
	assert_int_equal(atomic_load(&alive), 1);
	gv_shared_swap(&shared, NULL);
	gv_shared_put(NULL);
}

UNIT(shared)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_see_whole_objects),
		cmocka_unit_test(the_last_reader_frees),
	};

	return UNIT_RUN(tests);
}
