// Command cert-manager is the parts of cert-manager in one program; its first argument says which.
//
// The commands of cert-manager are modules of their own that are published as images only. These here take
// the flags that cert-manager's chart gives them, and are otherwise what its packages are.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/cert-manager/cert-manager/internal/cmd/util"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	ctrl "sigs.k8s.io/controller-runtime"
)

var parts = map[string]func(context.Context, []string) error{
	"controller": controller,
	"webhook":    webhook,
	"cainjector": cainjector,
	"acmesolver": acmesolver,
}

func main() {
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: cert-manager controller|webhook|cainjector|acmesolver [flags]")
		os.Exit(2)
	}
	ctx, exit := util.SetupExitHandler(context.Background(), util.GracefulShutdown)
	defer exit()
	logf.InitLogs()
	defer logf.FlushLogs()
	ctrl.SetLogger(logf.Log)
	name := os.Args[1]
	if err := parts[name](logf.NewContext(ctx, logf.Log, name), os.Args[2:]); err != nil {
		logf.Log.Error(err, "ended", "part", name)
		util.SetExitCode(err)
	}
}
