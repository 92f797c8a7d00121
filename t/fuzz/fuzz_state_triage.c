/*
 * Any bytes as a damaged state: what is found stands where it is said to, does
 * not depend on how much is read at a time, and what a repair gives is a whole
 * state. Whether it is damaged is what the reader of states says.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <stdio.h>

#include "toolstate/state_repair.h"

struct reading {
	const uint8_t *data;
	size_t len, at, step;
};

static int
back(void *ctx)
{
	struct reading *r = ctx;

	r->at = 0;
	return 0;
}

static int64_t
give(void *ctx, void *data, size_t len)
{
	struct reading *r = ctx;
	size_t n = r->len - r->at;

	n = n < len ? n : len;
	n = n < r->step ? n : r->step;
	if (n)
		memcpy(data, r->data + r->at, n);
	r->at += n;
	return (int64_t)n;
}

static void
sum(unsigned char out[GV_STATE_SUM], const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h[4] = { 1, 2, 3, 4 };
	size_t i;

	for (i = 0; i < len; i++)
		h[i % 4] = (h[i % 4] ^ p[i]) * UINT64_C(0x100000001b3) + i;
	memcpy(out, h, GV_STATE_SUM);
}

static int
listen(void *ctx, const struct gv_state_group *group)
{
	(void)ctx;
	(void)group;
	return 0;
}

static int
hear(void *ctx, const void *data, size_t len)
{
	gv_buf_add(ctx, data, len);
	return 0;
}

static void
look_at(const struct gv_state_triage *t, const struct reading *r)
{
	size_t i;

	must(t->size == r->len);
	must((t->kind == GV_STATE_WHOLE) == (t->damage[0] == '\0'));
	for (i = 0; i < t->n; i++) {
		const struct gv_state_found *f = &t->found[i];

		must(f->from < f->to && f->to <= r->len);
		must(f->to - f->from >= f->len);
		must(r->data[f->from] == '{' || r->data[f->from] == '"');
		must(f->is_head || r->data[f->to - 1] == '}');
		must(f->document > 0 && f->address != NULL);
		must(gv_state_repair_bare(f->address) <= strlen(f->address));
	}
}

static void
try_repair(const struct gv_state_triage *t, const struct gv_state_again *again,
    enum gv_state_side side)
{
	const struct gv_state_repair_what what = { .bad = t,
		.bad_source = again,
		.good = t->kind == GV_STATE_WHOLE ? t : NULL,
		.good_source = t->kind == GV_STATE_WHOLE ? again : NULL,
		.prefer = side,
		.document = gv_state_triage_count(t) };
	struct gv_state_repair *repair = NULL;
	struct gv_buf out = GV_BUF_INIT;
	struct reading given;
	struct gv_state_again once_more;
	struct gv_state_triage whole;

	if (gv_state_repair_new(&repair, &what) < 0)
		return;
	if (gv_state_repair_copy(repair, hear, &out) == 0) {
		given = (struct reading){ (const uint8_t *)out.p, out.len, 0,
			out.len + 1 };
		once_more = *again;
		once_more.ctx = &given;
		must(gv_state_triage_run(&whole, &once_more) == 0);
		must(whole.wrong[0] == '\0' && whole.n_documents == 1);
		must(whole.documents[0].info.serial == repair->serial);
		gv_state_triage_release(&whole);
	}
	gv_buf_release(&out);
	gv_state_repair_free(repair);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reading all = { data, len, 0, len + 1 }, few = all;
	struct gv_state_again again = {
		.rewind = back, .read = give, .ctx = &all, .sum = sum
	};
	const struct gv_state_source source = { .read = give, .ctx = &few };
	struct gv_state_triage a, b;
	struct gv_state_info info;
	size_t i;

	few.step = len ? 1 + data[0] % 61 : 1;
	must(gv_state_run(&info, &source, listen, NULL) == 0);
	must(gv_state_triage_run(&a, &again) == 0);
	look_at(&a, &all);
	must(info.damage[0] == '\0' || a.kind != GV_STATE_WHOLE);
	try_repair(&a, &again, GV_STATE_BOTH);
	try_repair(&a, &again, GV_STATE_THEIRS);
	again.ctx = &few;
	must(gv_state_triage_run(&b, &again) == 0);
	must(a.kind == b.kind && a.n == b.n && !strcmp(a.damage, b.damage));
	for (i = 0; i < a.n; i++)
		must(a.found[i].from == b.found[i].from &&
		    a.found[i].to == b.found[i].to &&
		    a.found[i].side == b.found[i].side &&
		    !strcmp(a.found[i].address, b.found[i].address));
	gv_state_triage_release(&a);
	gv_state_triage_release(&b);
	return 0;
}
