// Pod-security reads pods, one JSON document after another, and prints for each what Pod Security admission
// has against it at a level: a line of JSON with the pod's name and the reasons, none if it would be admitted.
// The checks are those of the API server's own admission plugin, at the latest version of the standards.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type verdict struct {
	Pod     string   `json:"pod"`
	Reasons []string `json:"reasons"`
}

func main() {
	if len(os.Args) != 2 {
		fail(errors.New("usage: pod-security privileged|baseline|restricted < pods.json"))
	}
	level, err := api.ParseLevel(os.Args[1])
	if err != nil {
		fail(err)
	}
	if err := evaluate(api.LevelVersion{Level: level, Version: api.LatestVersion()}, os.Stdin, os.Stdout); err != nil {
		fail(err)
	}
}

func evaluate(level api.LevelVersion, pods io.Reader, verdicts io.Writer) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	decoder, encoder := json.NewDecoder(pods), json.NewEncoder(verdicts)
	decoder.DisallowUnknownFields() // a field the API server would drop could be the one that matters
	for {
		var pod corev1.Pod
		if err := decoder.Decode(&pod); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		found := verdict{Pod: pod.Name, Reasons: []string{}}
		for _, result := range evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec) {
			if !result.Allowed {
				found.Reasons = append(found.Reasons, result.ForbiddenReason+": "+result.ForbiddenDetail)
			}
		}
		if err := encoder.Encode(found); err != nil {
			return err
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
