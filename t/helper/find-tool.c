/*
 * The scanner over files as they lie on disk, without anything of Git's:
 *
 *	find-tool [-v] [-g GRADE] PATH…	one line a finding, parted by tabs:
 *path, line, column, grade, rule, reasons; with -v the value too (its first
 *line). -g leaves out what is below that grade. The sums go to stderr.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "helper/rules.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/scan.h"
#include "sys/file.h"

#define FILE_MAX  (1 << 30)
#define VALUE_MAX 100

static const char *const reasons[] = { "anchored", "named", "random", "checked",
	"unchecked", "near", "in-example", "placeholder", "simple", "prose" };

/* nftw(3) hands nothing through. */
static struct {
	struct gv_ruleset *set;
	struct gv_scan scan;
	struct gv_buf text;
	int least;
	int show_values;
	size_t files, bytes, n[4];
} run;

static void
print_reasons(unsigned bits)
{
	const char *between = "";
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (bits & 1u << i) {
			printf("%s%s", between, reasons[i]);
			between = ",";
		}
}

static void
print_value(const char *p, size_t len)
{
	size_t i;

	putchar('\t');
	for (i = 0; i < len && i < VALUE_MAX && p[i] != '\n'; i++)
		putchar((unsigned char)p[i] < ' ' ? '?' : p[i]);
}

static int
on_file(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	size_t i;

	(void)ftw;
	if (kind != FTW_F || !S_ISREG(st->st_mode) || strstr(path, "/.git/"))
		return 0;
	gv_buf_reset(&run.text);
	if (gv_file_read(&run.text, AT_FDCWD, path, FILE_MAX) < 0 ||
	    gv_scan_run(&run.scan, run.set, path, run.text.p, run.text.len) <
		0) {
		fprintf(stderr, "find-tool: %s\n", gv_err_message());
		return 1;
	}
	run.files++;
	run.bytes += run.text.len;
	for (i = 0; i < run.scan.n; i++) {
		const struct gv_scan_finding *f = &run.scan.findings[i];

		run.n[f->grade]++;
		if ((int)f->grade < run.least)
			continue;
		printf("%s\t%u\t%u\t%s\t%s\t", path, f->line, f->column,
		    gv_scan_grades[f->grade], f->rule->id);
		print_reasons(f->reasons);
		if (run.show_values)
			print_value(run.text.p + f->at, f->len);
		putchar('\n');
	}
	return 0;
}

static int
usage(void)
{
	fprintf(stderr, "usage: find-tool [-v] [-g GRADE] PATH...\n");
	return 129;
}

static int
read_grade(const char *word)
{
	int i;

	for (i = 0; gv_scan_grades[i]; i++)
		if (strcmp(word, gv_scan_grades[i]) == 0)
			return i;
	return -1;
}

int
main(int argc, char **argv)
{
	struct gv_rules rules = GV_RULES_INIT;
	int opt, r = 0;

	while ((opt = getopt(argc, argv, "vg:")) != -1) {
		run.show_values |= opt == 'v';
		if (opt == 'g')
			run.least = read_grade(optarg);
		if (opt == '?' || run.least < 0)
			return usage();
	}
	if (optind == argc)
		return usage();
	if (rules_load(&rules) < 0 ||
	    gv_ruleset_new(&run.set, rules.rules, rules.n) < 0) {
		fprintf(stderr, "find-tool: %s\n", gv_err_message());
		r = 128;
	}
	for (; r == 0 && optind < argc; optind++)
		r = nftw(argv[optind], on_file, 64, FTW_PHYS) == 0 ? 0 : 128;
	fprintf(stderr,
	    "%zu files, %zu bytes: %zu verified, %zu likely, %zu possible, "
	    "%zu example\n",
	    run.files, run.bytes, run.n[GV_SCAN_VERIFIED],
	    run.n[GV_SCAN_LIKELY], run.n[GV_SCAN_POSSIBLE],
	    run.n[GV_SCAN_EXAMPLE]);
	gv_buf_release(&run.text);
	gv_scan_release(&run.scan);
	gv_ruleset_free(run.set);
	gv_rule_release(&rules);
	return r;
}
