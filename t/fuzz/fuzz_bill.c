/* Files that say digests, by any of their names: the first byte is which. What
 * is taken is in one form, named and sorted. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "infra/bill.h"

static void
check(struct gv_bill *bill)
{
	size_t i;

	gv_bill_sort(bill);
	for (i = 0; i < bill->n; i++) {
		must(*bill->all[i].name);
		must(strlen(bill->all[i].name) <= GV_BILL_NAME);
		must(gv_bill_is_digest(bill->all[i].digest));
		must(i == 0 ||
		    strcmp(bill->all[i - 1].name, bill->all[i].name) <= 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "go.sum", "Chart.lock",
		".terraform.lock.hcl", "a.yaml", "a.json" };
	struct gv_bill bill = GV_BILL_INIT;
	char *copy;
	int r;

	if (len == 0)
		return 0;
	copy = malloc(len);
	must(copy != NULL);
	memcpy(copy, data + 1, len - 1);
	copy[len - 1] = '\0';
	r = gv_bill_read(&bill, names[data[0] % 5], copy, len - 1);
	must(r == 0 || r == GV_EREFUSED);
	check(&bill);
	gv_bill_release(&bill);
	free(copy);
	return 0;
}
