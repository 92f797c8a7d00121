#ifndef PLAN_STOCK_H
#define PLAN_STOCK_H
/*
 * Templates of recovery plans, and the JSON Schema of a plan, as
 * share/git-vault/plan has them. plan/plan_fill.h says how a template reads.
 *
 *	stock = gv_plan_stock_find("account-lost");
 */

struct gv_plan_stock {
	const char *name;  /* NULL: the last; of a part it begins with '_' */
	const char *about; /* what it is for */
	const char *text;
};

/* Made from share/git-vault/plan, by name. */
extern const struct gv_plan_stock gv_plan_stock[];

#endif
