#!/bin/sh

test_description='a project that was rewritten, and the one before it'
. "$(dirname "$0")/test-lib.sh"

# php DIR and rust DIR: the same two files in two languages
php () {
	mkdir -p "$1" && cat >"$1/order.php" <<-\EOF &&
	<?php function parseOrder($orderLine) {
	  $customerName = trim($orderLine["customer"]);
	  if ($customerName == "unknown customer") return null;
	  return new OrderRecord($customerName, taxRate());
	}
	EOF
	cat >"$1/invoice.php" <<-\EOF
	<?php function printInvoice($invoiceNumber) {
	  echo "invoice number", $invoiceNumber;
	  foreach (fetchPositions($invoiceNumber) as $position)
	    echo $position->amount, $position->currency;
	}
	EOF
}
rust () {
	mkdir -p "$1" && cat >"$1/order.rs" <<-\EOF &&
	pub fn parse_order(order_line: &Map) -> Option<OrderRecord> {
	    let customer_name = order_line["customer"].trim();
	    if customer_name == "unknown customer" { return None; }
	    Some(OrderRecord::new(customer_name, tax_rate()))
	}
	EOF
	cat >"$1/bill.rs" <<-\EOF
	pub fn print_invoice(invoice_number: u32) {
	    println!("{}", "invoice number");
	    for position in fetch_positions(invoice_number) {
	        println!("{} {}", position.amount, position.currency);
	    }
	}
	EOF
}

save () {
	test_tick && git vault -C "$1" snapshot -q -m "$2"
}

test_expect_success 'set up: a project, the one before it, and one before that' '
	for p in first old new
	do
		git init -q $p && git vault project add $p >/dev/null || return 1
	done &&
	echo "customer = read(order_line, \"unknown customer\", tax_rate)" >first/order.awk && save first "in awk" >/dev/null &&
	php old/lib && save old one >/dev/null && sed -i "s/taxRate()/taxRate(7)/" old/lib/order.php &&
	save old two >last && rust new/src && save new three >begin && echo "// more" >>new/src/order.rs && save new four >/dev/null
'

test_expect_success 'a link names the files that are joined, and marks the cut' '
	git vault project link new --from old >out && sed "s/ *[0-9]* %$//" out >shown && cat >expect <<-\EOF &&
	new was rewritten from old:
	FILE          REWRITTEN FROM   ALIKE
	src/bill.rs   lib/invoice.php
	src/order.rs  lib/order.php
	EOF
	test_cmp expect shown && git vault -C old list --tag rewritten-as-new --id-only >out && test_cmp last out &&
	git vault -C new --alone list --tag rewritten-from-old --id-only >out && test_cmp begin out &&
	git vault project link old --from first >/dev/null && git vault project link new --from old --json >out && test_grep "\"linked\":\"new\"" out &&
	git config --global --get-all "vault.$PWD/new.from" >out && test_line_count = 1 out &&
	git vault project show new >out && test_grep "^rewritten from  old$" out &&
	git vault project show old >out && test_grep "^rewritten from  first$" out && test_grep "^rewritten as  *new$" out
'

test_expect_success 'search and list go on in the projects before, and --alone does not' '
	git vault -C new search "unknown customer" >out && sed "s/ ([0-9]* % alike)//;/introduced/d" out >shown && cat >expect <<-\EOF &&
	src/order.rs:3: if customer_name == "unknown customer" { return None; }
	    still there
	    rewritten  from old lib/order.php

	Before it was rewritten, in old:
	lib/order.php:3: if ($customerName == "unknown customer") return null;
	    still there
	    rewritten  as new src/order.rs

	Before it was rewritten, in first:
	order.awk:1: customer = read(order_line, "unknown customer", tax_rate)
	    still there
	EOF
	test_cmp expect shown && git vault -C new search invoiceNumber >out && test_grep "^lib/invoice.php" out &&
	test_expect_code 1 git vault -C new --alone search invoiceNumber &&
	git vault -C new search --json invoiceNumber >out && test_grep "\"before\":\[{\"name\":\"old\"" out &&
	git vault -C new list >out && test_grep " four$" out && test_grep "in old:" out && test_grep " two$" out && test_grep " in awk$" out &&
	git vault -C new list --json >out && test_grep "\"before\":\[{\"name\":\"old\".*\"name\":\"first\"" out &&
	git vault -C new --alone list >out && test_grep ! "before" out &&
	git vault -A list >out && test_grep ! "Before" out
'

test_expect_success 'the history of a file goes on in its predecessor' '
	git vault -C new log src/order.rs >out && test_grep "in old:" out && test_grep ! "in first:" out &&
	test "$(grep -c "^added\|^changed" out)" = 4 && (cd new/src && git vault log order.rs) >again && test_cmp out again &&
	git vault -C new log --json src/order.rs >out && test_grep "\"before\":\[{\"name\":\"old\"" out &&
	git vault -C new log src >out && test_grep ! "in old:" out &&
	(cd new && git vault reuse src/order.rs) >out && test_grep "^src/order.rs rewritten from old lib/order.php (" out &&
	git vault reuse --between new old >out && test_grep "^src/bill.rs rewritten from old lib/invoice.php (" out
'

test_expect_success 'a snapshot of the project before comes back, but not in its place' '
	id=$(cat last) && git vault -C new restore "$id" --to "$PWD/back" 2>err && test_grep "of old, which this project" err &&
	test_cmp old/lib/order.php back/lib/order.php &&
	(cd new && git vault restore rewritten-as-new --to rel lib/order.php) && test_cmp old/lib/order.php new/rel/lib/order.php && rm -r new/rel &&
	git vault -C new cat "$id:lib/order.php" >out && test_cmp old/lib/order.php out &&
	echo gone >old/lib/order.php && test_expect_code 128 git vault -C new restore "$id" --in-place 2>err &&
	test_grep "^hint: git vault restore $id --to restored$" err && test "$(cat old/lib/order.php)" = gone &&
	test_expect_code 128 git vault -C new --alone show "$id" &&
	test_expect_code 128 git vault -C new delete "$id" 2>err && test_grep "unknown snapshot\|no snapshot" err
'

test_expect_success 'no circle, no link to nothing, and what is gone is named' '
	test_expect_code 128 git vault project link first --from new 2>err && test_grep "circle" err &&
	test_expect_code 128 git vault project link new --from new 2>err && test_grep "circle" err &&
	test_expect_code 128 git vault project link new --from nwe 2>err && test_grep "did you mean .new." err &&
	test_expect_code 129 git vault project link new 2>err && test_grep "\-\-from" err &&
	mkdir .kept && mv first .kept && test_expect_code 3 git vault -C new list >out 2>err && test_grep "there is no folder" err && test_grep " two$" out &&
	mv .kept/first . && git vault project remove first >/dev/null && git vault -C new list 2>err >out && test_grep "not listed any more" err &&
	git vault project add first >/dev/null
'

test_expect_success 'a link is taken away with its tags' '
	git vault project unlink new >out && echo "new is not linked any more to old" >expect && test_cmp expect out &&
	git vault -C old list --tag rewritten-as-new --id-only >out && test_must_be_empty out &&
	git vault -C new list >out && test_grep ! Before out && test_grep ! rewritten out &&
	test_expect_code 128 git vault project unlink new 2>err && test_grep "not linked" err &&
	test_expect_code 1 git config --global --get-all "vault.$PWD/new.from"
'

test_expect_success 'folders and branches of one repository' '
	php new/php && save new "both" >/dev/null && git vault project link new/src --from new/php >out && test_grep "^src/order.rs  *php/order.php" out &&
	git vault -C new log src/order.rs >out && test_grep "in new:" out && git vault -C new list >out && test_grep ! Before out &&
	git vault -C new search parse_order >out && test_grep "rewritten  from new/php php/order.php" out &&
	test_expect_code 1 git vault -C new search nothing_like_it &&
	git -C new checkout -q -b legacy && git -C new add php && git -C new commit -q -m legacy && git -C new checkout -q --orphan main && git -C new rm -q -r --cached php &&
	git vault project unlink new/src >/dev/null && git vault project link new --from new@legacy >out && test_grep "^src/bill.rs  *php/invoice.php" out &&
	test_expect_code 129 git vault project link new@legacy --from old 2>err
'

test_expect_success 'of two links, that to a project which is not listed is given up as offered' '
	for p in "an heir" one two
	do
		git init -q "$p" && echo 1 >"$p/f" && git -C "$p" add f && git -C "$p" commit -q -m one &&
		git vault project add "$p" >/dev/null && git -C "$p" vault -q snapshot || return 1
	done &&
	git vault project link "an heir" --from one >/dev/null && git vault project link "an heir" --from two >/dev/null &&
	git vault project remove one >/dev/null && git vault -C "an heir" list >out 2>err &&
	test_expect_code 129 git vault project unlink "an heir" && test_expect_code 128 git vault project unlink "an heir" --from 0000000 &&
	sed -n "s/.*give the link up: //p" err >offered && test -s offered && sh ./offered >out &&
	test_grep "not linked any more to a project that is not listed" out &&
	git vault project unlink "an heir" >out && test_grep "not linked any more to two" out
'

test_done
