#include "unit.h"

#include "drift_told.h"

/*
 * A thousand changes of keys, drawn by a seed, in eight formats: each is found,
 * and nothing else is.
 */

#define SECTIONS 4
#define KEYS     8 /* of a section */
#define CHANGES  5 /* of a document */
#define ROUNDS   25

enum what { SAME, CHANGED, ONLY_LOW, ONLY_HIGH };

struct tree {
	enum what what[SECTIONS][KEYS];
	unsigned values[SECTIONS][KEYS];
	uint64_t seed;
};

static const char *const sections[] = { "alpha", "beta", "gamma", "delta" };
static const char *const keys[] = { "red", "green", "blue", "amber", "violet",
	"white", "ochre", "teal" };

static unsigned
draw(uint64_t *seed, unsigned n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33) % n;
}

static void
grow(struct tree *t, uint64_t seed)
{
	unsigned s, k, i;

	memset(t, 0, sizeof(*t));
	t->seed = seed;
	for (s = 0; s < SECTIONS; s++)
		for (k = 0; k < KEYS; k++)
			t->values[s][k] =
			    1000 + draw(&t->seed, 9) * 1000 + s * 100 + k * 10;
	for (i = 0; i < CHANGES;) {
		s = draw(&t->seed, SECTIONS);
		k = draw(&t->seed, KEYS);
		if (t->what[s][k] != SAME)
			continue;
		t->what[s][k] = CHANGED + draw(&t->seed, 3);
		i++;
	}
}

/* ---- writing ------------------------------------------------------------- */

struct form {
	const char *path[2];
	const char *begin, *end;
	const char *open, *close; /* of a section */
	const char *key;
	const char *between; /* keys, and sections */
};

static const struct form forms[] = {
	{ { "staging.json", "prod.json" }, "{", "}\n", "\"S\": {", "}",
	    "\"K\": \"V\"", ",\n" },
	{ { "a-staging.yaml", "a-prod.yaml" }, "", "", "S:\n", "", "  K: V\n",
	    "" },
	{ { "staging.tfvars", "prod.tfvars" }, "", "", "S = {\n", "}\n",
	    "  K = \"V\"\n", "" },
	{ { ".env.staging", ".env.prod" }, "", "", "", "", "S_K=V\n", "" },
	{ { "staging.ini", "prod.ini" }, "", "", "[S]\n", "", "K = V\n", "" },
	{ { "staging.properties", "prod.properties" }, "", "", "", "",
	    "S.K=V\n", "" },
	{ { "staging.toml", "prod.toml" }, "", "", "[S]\n", "", "K = \"V\"\n",
	    "" },
	{ { "staging.xml", "prod.xml" }, "<config>\n", "</config>\n", "<S>\n",
	    "</S>\n", "<K>V</K>\n", "" },
};

/* The form with names in it: S a section, K a key, V a value. */
static void
write_form(struct gv_buf *out, const char *form, unsigned s, unsigned k,
    unsigned value)
{
	for (; *form; form++)
		if (*form == 'S')
			gv_buf_addstr(out, sections[s]);
		else if (*form == 'K')
			gv_buf_addstr(out, keys[k]);
		else if (*form == 'V')
			gv_buf_addf(out, "item%u", value);
		else
			gv_buf_addch(out, *form);
}

/* One side; the other has its sections and keys in another order. */
static void
write_side(
    struct gv_buf *out, const struct form *f, const struct tree *t, bool high)
{
	unsigned i, j;

	gv_buf_addstr(out, f->begin);
	for (i = 0; i < SECTIONS; i++) {
		const unsigned s = high ? SECTIONS - 1 - i : i;
		unsigned n = 0;

		gv_buf_addstr(out, i ? f->between : "");
		write_form(out, f->open, s, 0, 0);
		for (j = 0; j < KEYS; j++) {
			const unsigned k = high ? (j + 3) % KEYS : j;
			const enum what what = t->what[s][k];

			if (what == (high ? ONLY_LOW : ONLY_HIGH))
				continue;
			gv_buf_addstr(out, n++ ? f->between : "");
			write_form(out, f->key, s, k,
			    t->values[s][k] + (high && what == CHANGED));
		}
		write_form(out, f->close, s, 0, 0);
	}
	gv_buf_addstr(out, f->end);
}

/* ---- checking ------------------------------------------------------------ */

static bool
names(const struct gv_drift_finding *f, unsigned s, unsigned k)
{
	const char *section = strstr(f->key, sections[s]);

	return section && strstr(section, keys[k]);
}

static void
check_findings(
    const struct gv_drift_report *report, const struct tree *t, const char *low)
{
	static const enum gv_drift_class classes[] = { GV_DRIFT_NONE,
		GV_DRIFT_VALUE, GV_DRIFT_MISSING, GV_DRIFT_MISSING };
	unsigned s, k, found = 0;
	size_t i;

	for (s = 0; s < SECTIONS; s++)
		for (k = 0; k < KEYS; k++)
			for (i = 0; i < report->n; i++) {
				const struct gv_drift_finding *f =
				    &report->findings[i];

				if (!names(f, s, k))
					continue;
				if (t->what[s][k] == SAME ||
				    f->class != classes[t->what[s][k]] ||
				    f->verdict != GV_DRIFT_DRIFT)
					fail_msg("%s: %s: %s\n%s", f->key,
					    gv_drift_classes[f->class], f->says,
					    low);
				found++;
			}
	if (found != CHANGES || report->n != CHANGES)
		fail_msg("%u of %d found, %zu in all\n%s", found, CHANGES,
		    report->n, low);
}

static void
add(struct gv_drift *drift, uint32_t env, const char *path,
    const struct gv_buf *text)
{
	const struct gv_drift_file file = {
		.path = path, .text = text->p, .len = text->len, .env = env
	};

	assert_int_equal(gv_drift_add(drift, &file), 0);
}

static void
check(struct drift_told *told, const struct form *f, uint64_t seed)
{
	struct gv_buf low = GV_BUF_INIT, high = GV_BUF_INIT;
	struct gv_drift_report report;
	struct gv_drift *drift;
	struct tree t;

	grow(&t, seed);
	write_side(&low, f, &t, false);
	write_side(&high, f, &t, true);
	assert_int_equal(gv_drift_new(&drift, &told->opts), 0);
	add(drift, 0, f->path[0], &low);
	add(drift, 1, f->path[1], &high);
	assert_int_equal(gv_drift_compare(&report, drift, 0, 1), 0);
	check_findings(&report, &t, low.p);
	gv_drift_report_release(&report);
	gv_drift_free(drift);
	gv_buf_release(&low);
	gv_buf_release(&high);
}

static void
a_thousand_changes_are_found_and_none_invented(void **state)
{
	struct drift_told told;
	struct gv_buf out = GV_BUF_INIT;
	size_t f;
	uint64_t seed;

	(void)state;
	drift_told_begin(&told);
	for (f = 0; f < sizeof(forms) / sizeof(forms[0]); f++)
		for (seed = 1; seed <= ROUNDS; seed++)
			check(&told, &forms[f], seed * 7919 + f);
	drift_told_end(&told, &out, NULL);
	gv_buf_release(&out);
}

UNIT(drift_find)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_thousand_changes_are_found_and_none_invented),
	};

	return UNIT_RUN(tests);
}
